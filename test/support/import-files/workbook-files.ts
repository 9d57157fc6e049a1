/** The four contacts as workbooks. */
import { utils, write, type BookType, type WorkBook, type WritingOptions } from 'xlsx'
import { TABLE } from './four-contacts.ts'

const [HEADER = [], ...ROWS] = TABLE

function book(rows: readonly (readonly unknown[])[], origin = 'A1'): WorkBook {
  const made = utils.book_new()
  const sheet = utils.aoa_to_sheet([])
  utils.sheet_add_aoa(sheet, rows as unknown[][], { origin })
  utils.book_append_sheet(made, sheet, 'Contacts')
  return made
}

function written(made: WorkBook, bookType: BookType, options: WritingOptions = {}): Buffer {
  // `type: 'buffer'` gives a Buffer.
  return write(made, { type: 'buffer', bookType, compression: true, ...options }) as Buffer
}

/** Numbers as numbers, in a format that shows their plus. */
const NUMERIC = [HEADER, ...ROWS.map(([phone, ...rest]) => [{ t: 'n', v: Number(phone), z: '+0' }, ...rest])]

const WITH_A_DATE = TABLE.map((row, index) =>
  index === 0 ? [...row, 'since'] : [...row, { t: 'n', v: 45_306 + index, z: 'd/m/yy' }],
)

/** Cells that are calculated, with the results that were saved beside the formulas. */
const CALCULATED = [
  HEADER,
  ...ROWS.map(([phone, name, tags]) => [{ t: 's', v: phone, f: 'CONCATENATE("+",1)' }, name, tags]),
]

function withSecondSheet(): WorkBook {
  const made = book(TABLE)
  utils.book_append_sheet(made, utils.aoa_to_sheet([['phone'], ['+12025550199']]), 'Others')
  return made
}

function withMacros(): WorkBook {
  const made = book(TABLE)
  made.vbaraw = Buffer.from('Sub AutoOpen()')
  return made
}

export const BOOK_FILES: Record<string, () => Buffer> = {
  'inline.xlsx': () => written(book(TABLE), 'xlsx'),
  'shared-strings.xlsx': () => written(book(TABLE), 'xlsx', { bookSST: true }),
  'stored.xlsx': () => written(book(TABLE), 'xlsx', { compression: false }),
  'numbers-with-plus.xlsx': () => written(book(NUMERIC), 'xlsx'),
  'with-dates.xlsx': () => written(book(WITH_A_DATE), 'xlsx'),
  'calculated.xlsx': () => written(book(CALCULATED), 'xlsx'),
  'second-sheet.xlsx': () => written(withSecondSheet(), 'xlsx'),
  'begins-at-c3.xlsx': () => written(book(TABLE, 'C3'), 'xlsx'),
  'macros.xlsm': () => written(withMacros(), 'xlsm'),
  'binary.xlsb': () => written(book(TABLE), 'xlsb'),
  'numbers-with-plus.xlsb': () => written(book(NUMERIC), 'xlsb'),
  'excel-97.xls': () => written(book(TABLE), 'biff8'),
  'numbers-with-plus.xls': () => written(book(NUMERIC), 'biff8'),
  'calc.ods': () => written(book(TABLE), 'ods'),
  'with-dates.ods': () => written(book(WITH_A_DATE), 'ods'),
}
