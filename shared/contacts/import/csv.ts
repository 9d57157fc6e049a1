/** CSV in the dialects that spreadsheet programs write: any line end, comma, semicolon or tab, quoted line breaks. */
import { Readable } from 'node:stream'
import { CsvError, parse, type Info, type Options } from 'csv-parse'
import { parse as parseSync } from 'csv-parse/sync'
import { columnsOf } from './columns.ts'
import { damageIn } from './damage.ts'
import { MAX_COLUMNS, MAX_ROWS, refusal, SAVE_AS, tooManyColumns, tooManyRows } from './refusal.ts'
import { isBlank, type Sheet, type SheetRow } from './sheet.ts'
import { textPieces, type TextFormat } from './text.ts'

const DELIMITERS = [',', ';', '\t'] as const
type Delimiter = (typeof DELIMITERS)[number]

const MAX_ROW_CHARACTERS = 128 * 1024

/** The text in pieces, from its beginning each time it is asked for. */
export type Pieces = () => AsyncIterable<string> | Iterable<string>

export async function openCsv(bytes: Buffer, format: TextFormat): Promise<Sheet> {
  const rows = await csvRows(() => textPieces(bytes, format.encoding))
  let header: SheetRow | undefined
  let dataRows = 0
  for await (const row of rows()) {
    if (header === undefined) header = row
    else dataRows++
    if (dataRows > MAX_ROWS) throw tooManyRows()
  }
  if (header === undefined) throw emptyFile()
  const headerRow = header.rowNumber
  return {
    header: header.cells,
    dataRows,
    async *rows() {
      for await (const row of rows()) {
        if (row.rowNumber > headerRow) yield row
      }
    },
    damageIn: damageIn(format),
    close: () => Promise.resolve(),
  }
}

/** Of a file of any size: its rows as they come, the header first. */
export async function csvRows(pieces: Pieces): Promise<() => AsyncGenerator<SheetRow>> {
  const dialect = dialectOf(await firstOf(pieces()))
  return () => readRows(pieces(), dialect)
}

export function emptyFile() {
  return refusal(`The file is empty. ${SAVE_AS}`)
}

async function firstOf(pieces: AsyncIterable<string> | Iterable<string>): Promise<string> {
  for await (const piece of pieces) return piece
  return ''
}

interface Dialect {
  delimiter: Delimiter
  /** Excel's own first line `sep=;`, which it does not show. */
  hasSeparatorLine: boolean
}

/** The delimiter with which the header names the most columns that are known, or else has the most columns. */
function dialectOf(text: string): Dialect {
  const declared = /^sep=([,;\t])\r?\n/i.exec(text)?.[1]
  const found = DELIMITERS.find((delimiter) => delimiter === declared)
  if (found !== undefined) return { delimiter: found, hasSeparatorLine: true }
  const scored = DELIMITERS.map((delimiter) => ({ delimiter, score: headerScore(text, delimiter) }))
  const best = scored.reduce((a, b) => (b.score > a.score ? b : a))
  return { delimiter: best.delimiter, hasSeparatorLine: false }
}

function headerScore(text: string, delimiter: Delimiter): number {
  try {
    const [header = []] = parseSync(text, { ...optionsFor(delimiter), skip_empty_lines: true, to: 1 })
    const { phones, names, tags } = columnsOf(header)
    return (phones.length + names.length + tags.length) * MAX_COLUMNS + header.length
  } catch {
    return 0
  }
}

function optionsFor(delimiter: Delimiter): Options {
  return {
    delimiter,
    // Files that were joined by hand have several kinds of line ends.
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    relax_quotes: true,
    // Some write a space between delimiter and quotation mark.
    trim: true,
    max_record_size: MAX_ROW_CHARACTERS,
  }
}

/** Rows that are not blank. Blank ones count as rows, because a spreadsheet shows them. */
async function* readRows(pieces: ReturnType<Pieces>, dialect: Dialect): AsyncGenerator<SheetRow> {
  // Each row of another length than the header makes the parser build an error, which takes long: blank lines are not rows to it.
  const parser = parse({ ...optionsFor(dialect.delimiter), skip_empty_lines: true, info: true })
  const source = Readable.from(pieces)
  // What breaks the source breaks the reading of it.
  source.on('error', (error) => parser.destroy(error))
  source.pipe(parser)
  const above = dialect.hasSeparatorLine ? 1 : 0
  try {
    // With `info` and without `columns` every record is this.
    for await (const { record: cells, info } of parser as AsyncIterable<{ record: string[]; info: Info }>) {
      const rowNumber = info.records + info.empty_lines - above
      if (cells.length > MAX_COLUMNS) throw tooManyColumns()
      if (rowNumber > 0 && !isBlank(cells)) yield { rowNumber, cells }
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    throw brokenCsv(error, dialect)
  } finally {
    source.destroy()
  }
}

function brokenCsv(error: CsvError, { hasSeparatorLine }: Dialect) {
  // The parser stops before handing out the rows it has read already, and tells how many those are.
  const count = (name: string): number => (typeof error[name] === 'number' ? error[name] : 0)
  const rowNumber = count('records') + count('empty_lines') + (hasSeparatorLine ? 0 : 1)
  switch (error.code) {
    case 'CSV_QUOTE_NOT_CLOSED':
      return refusal(
        `Row ${rowNumber} has a quotation mark that is not closed: close it or remove it. Nothing was imported`,
      )
    case 'CSV_MAX_RECORD_SIZE':
      return refusal(
        `Row ${rowNumber} is longer than ${MAX_ROW_CHARACTERS} characters: a quotation mark before it may not be closed. Nothing was imported`,
      )
    default:
      return refusal(`Row ${rowNumber} cannot be read as CSV. ${SAVE_AS}. Nothing was imported`)
  }
}
