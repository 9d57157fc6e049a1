import { randomUUID } from 'node:crypto'
import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as xlsx from 'xlsx'
import { attachment } from '../../../shared/http/attachment.ts'
import { csvFile, csvRow } from '../../../shared/reports/csv.ts'
import { guarded, unguarded } from '../../../shared/reports/formula-guard.ts'
import type { Cell, Rows } from '../../../shared/reports/rows.ts'
import { xlsxFile } from '../../../shared/reports/xlsx.ts'

const COLUMNS = ['name', 'note', 'count']
const AWKWARD: Cell[][] = [
  ['Ada, "the first"', 'two\r\nlines and\ta tab', 1],
  ['  spaces  ', '<b>&amp;</b> ]]> "\'', 0],
  ['Zoë 😀 漢字', '_x0041_ and \u0001 and \u000b', -2.5],
  [null, '', null],
]

// eslint-disable-next-line @typescript-eslint/require-await -- rows come asynchronously
async function* inBatches(rows: Cell[][], size = 2): Rows {
  for (let at = 0; at < rows.length; at += size) yield rows.slice(at, at + size)
}

async function whole(file: AsyncIterable<Uint8Array>): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(file))
}

function readSheet(sheet: xlsx.WorkSheet | undefined): unknown[][] {
  return xlsx.utils.sheet_to_json(sheet!, { header: 1, defval: null })
}

/** The cells of a text as Excel splits it: quotes count at a cell's beginning, and what follows the closing one belongs to the cell. */
function excelCells(text: string, separator: string): string[] {
  const cell = new RegExp(`(?:"((?:[^"]|"")*)(?:"|$))?([^${separator}\\r\\n]*)(?:[${separator}\\r\\n]|$)`, 'g')
  return [...text.matchAll(cell)].map(([, quoted = '', rest = '']) => quoted.replaceAll('""', '"') + rest)
}

/** Cells that a spreadsheet takes for a formula; not a phone number, with what a split elsewhere leaves behind it. */
function calculated(text: string, separator: string): string[] {
  return excelCells(text.replace(/^\uFEFF/, ''), separator).filter(
    (cell) => /^\s*[=+\-@＝＋－＠]/.test(cell) && !/^\s*\+\d+(?:,|$)/.test(cell),
  )
}

describe('a CSV file', () => {
  it('gives back every cell to a reader that keeps to the standard', async () => {
    const text = (await whole(csvFile(COLUMNS, inBatches(AWKWARD)))).toString('utf8')
    expect(text.startsWith('\uFEFF')).toBe(true)
    const read: unknown = parse(text, { bom: true })
    expect(read).toEqual([COLUMNS, ...AWKWARD.map((row) => row.map((cell) => String(cell ?? '')))])
  })

  const FORMULAS = [
    '=1+1',
    '+1+1',
    '-2',
    '@SUM(A1)',
    '\t=1',
    '\r=1',
    '\n=1',
    ' =1',
    '=HYPERLINK("http://x")',
    '＝1',
    '＋1',
    '－1',
    '＠A',
  ]
  const LATER = [
    'x;=cmd|calc',
    'x; +1',
    'x\t-1',
    'x|@A',
    'x\n=1',
    ';;=1',
    "x';=1",
    'x;"=cmd|calc;"',
    'x;＝1',
    '";=1',
    'x;',
    'x;"',
  ]

  it.each([',', ';', '\t', '|'])(
    'has no cell that a spreadsheet would calculate that splits it at %j',
    async (separator) => {
      const rows = [...FORMULAS, ...LATER].map((text) => ['+15551000000', text, text])
      const text = (await whole(csvFile(['phone', 'name', 'note'], inBatches(rows)))).toString('utf8')
      expect(calculated(text, separator)).toEqual([])
    },
  )

  it('has no such cell whatever its texts are, and they come back as they were', () => {
    const awkward = fc.string({ unit: fc.constantFrom(...Array.from(`=+-@＝'";|,\t\r\n x1`)), maxLength: 12 })
    fc.assert(
      fc.property(fc.array(fc.tuple(awkward, awkward, awkward), { minLength: 1, maxLength: 4 }), (rows) => {
        const text = rows.map(csvRow).join('')
        for (const separator of [',', ';', '\t', '|']) expect(calculated(text, separator)).toEqual([])
        expect(parse(text).map((row) => row.map(unguarded))).toEqual(rows)
      }),
      { numRuns: 1000 },
    )
  })

  it('leaves phone numbers as they are, and puts one apostrophe before what begins like a formula', () => {
    expect(csvRow(['+15551000000', '=1+1', 'a;=b', "'=c"])).toBe(`+15551000000,'=1+1,"a;'=b",''=c\r\n`)
  })

  it('takes time like its length for a cell of nothing but blanks, separators or apostrophes', () => {
    for (const mark of [' ', ';', '\t', '"', "'", ";'"]) {
      const text = `x${mark.repeat(300_000)}`
      const startedAt = performance.now()
      expect(unguarded(guarded(text))).toBe(text)
      expect(performance.now() - startedAt).toBeLessThan(2_000)
    }
  })
})

/** A break within a cell is one character in Excel. */
function withPlainBreaks(row: Cell[]): Cell[] {
  return row.map((cell) => (typeof cell === 'string' ? cell.replaceAll('\r\n', '\n') : cell))
}

describe('an Excel workbook', () => {
  it('gives back every cell to the library that reads workbooks', async () => {
    const book = xlsx.read(await whole(xlsxFile(COLUMNS, inBatches(AWKWARD))), { dense: true })
    expect(book.SheetNames).toEqual(['Recipients'])
    expect(readSheet(book.Sheets['Recipients'])).toEqual(
      [COLUMNS, ...AWKWARD.slice(0, 3), [null, '', null]].map(withPlainBreaks),
    )
  })

  it('keeps formulas as texts', async () => {
    const book = xlsx.read(await whole(xlsxFile(['name'], inBatches([['=1+1']]))))
    expect(book.Sheets['Recipients']!['A2']).toMatchObject({ t: 's', v: '=1+1' })
    expect(book.Sheets['Recipients']!['A2']).not.toHaveProperty('f')
  })

  it.each([
    { rows: 0, sheets: 1 },
    { rows: 3, sheets: 1 },
    { rows: 4, sheets: 2 },
    { rows: 6, sheets: 2 },
    { rows: 7, sheets: 3 },
  ])('puts $rows rows into $sheets sheets of three, each with its heading', async ({ rows, sheets }) => {
    const cells = Array.from({ length: rows }, (_, index): Cell[] => [index])
    const book = xlsx.read(await whole(xlsxFile(['n'], inBatches(cells), { rowsPerSheet: 3 })))
    expect(book.SheetNames).toHaveLength(sheets)
    const read = book.SheetNames.map((name) => readSheet(book.Sheets[name]))
    expect(read.every(([head]) => head?.[0] === 'n')).toBe(true)
    expect(read.flatMap((sheet) => sheet.slice(1))).toEqual(cells)
  })

  it('ends with the error that its rows end with, not as a whole file', async () => {
    // eslint-disable-next-line @typescript-eslint/require-await -- rows come asynchronously
    async function* broken(): Rows {
      yield [['one']]
      throw new Error('the store is away')
    }
    await expect(whole(xlsxFile(['name'], broken()))).rejects.toThrow('the store is away')
    await expect(whole(csvFile(['name'], broken()))).rejects.toThrow('the store is away')
  })

  it('is written while its rows are read, however many there are', async () => {
    let [asked, aheadAtMost, bytes] = [0, 0, 0]
    async function* many(): Rows {
      for (asked = 0; asked < 2_000; asked++) {
        await Promise.resolve()
        yield Array.from({ length: 100 }, () => [randomUUID(), 'read', asked])
      }
    }
    let before = 0
    for await (const chunk of xlsxFile(COLUMNS, many())) {
      bytes += chunk.length
      aheadAtMost = Math.max(aheadAtMost, asked - before)
      before = asked
    }
    expect(bytes).toBeGreaterThan(4_000_000)
    expect(aheadAtMost).toBeLessThan(100)
  })
})

describe('the name of a file', () => {
  it.each([
    ['Autumn', `attachment; filename="Autumn.csv"; filename*=UTF-8''Autumn.csv`],
    ['Grüße 😀', `attachment; filename="Gr__e __.csv"; filename*=UTF-8''Gr%C3%BC%C3%9Fe%20%F0%9F%98%80.csv`],
    ['../../etc/passwd', `attachment; filename="_.._etc_passwd.csv"; filename*=UTF-8''_.._etc_passwd.csv`],
    ['a"b\r\nSet-Cookie: x', `attachment; filename="a_b_Set-Cookie_ x.csv"; filename*=UTF-8''a_b_Set-Cookie_%20x.csv`],
    ['...', `attachment; filename="campaign.csv"; filename*=UTF-8''campaign.csv`],
    ["it's (50%)*", `attachment; filename="it's (50_)_.csv"; filename*=UTF-8''it%27s%20%2850%25%29_.csv`],
  ])('of %j is safe in a header and on a disk', (name, expected) => {
    expect(attachment(name, 'csv')).toBe(expected)
  })
})
