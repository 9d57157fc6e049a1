/** A CSV file (RFC 4180) that spreadsheets open as it is meant: UTF-8 with its mark, and no cell is a formula. */
import { guarded } from './formula-guard.ts'
import type { Cell, Rows } from './rows.ts'

const BYTE_ORDER_MARK = '\uFEFF'

export async function* csvFile(columns: readonly string[], rows: Rows): AsyncGenerator<Uint8Array> {
  yield Buffer.from(BYTE_ORDER_MARK + csvRow([...columns]))
  for await (const some of rows) if (some.length > 0) yield Buffer.from(some.map(csvRow).join(''))
}

export function csvRow(cells: Cell[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`
}

/** Separators of any country's spreadsheets: within a cell in quotes, fewer readers split at them. */
const NEEDS_QUOTES = /[",;|\t\r\n]/

function csvCell(cell: Cell): string {
  if (cell === null) return ''
  const text = typeof cell === 'number' ? String(cell) : guarded(cell)
  return NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
