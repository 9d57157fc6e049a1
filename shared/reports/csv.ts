/** A CSV file (RFC 4180) that spreadsheets open as it is meant: UTF-8 with its mark, and no cell is a formula. */
import type { Cell, Rows } from './rows.ts'

const BYTE_ORDER_MARK = '\uFEFF'

export async function* csvFile(columns: readonly string[], rows: Rows): AsyncGenerator<Uint8Array> {
  yield Buffer.from(BYTE_ORDER_MARK + csvRow([...columns]))
  for await (const some of rows) if (some.length > 0) yield Buffer.from(some.map(csvRow).join(''))
}

export function csvRow(cells: Cell[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`
}

const NEEDS_QUOTES = /[",\r\n]/

function csvCell(cell: Cell): string {
  if (cell === null) return ''
  const text = typeof cell === 'number' ? String(cell) : withoutFormula(cell)
  return NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** A phone number calculates nothing; programs that read the file want it as it is. */
const PHONE_NUMBER = /^\+\d+$/

/** Spreadsheets calculate what begins so; behind an apostrophe it is a text. */
function withoutFormula(text: string): string {
  return /^[=+\-@\t\r\n]/.test(text) && !PHONE_NUMBER.test(text) ? `'${text}` : text
}
