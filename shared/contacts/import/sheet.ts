/** What is read from an uploaded file, CSV and workbooks alike. */

import type { DamageIn } from './damage.ts'

export interface SheetRow {
  /** As the spreadsheet shows it: with the header in row 1, the first row below it is 2. */
  rowNumber: number
  cells: string[]
}

export interface Sheet {
  header: string[]
  /** Rows below the header that have anything in them. */
  dataRows: number
  /** Those rows, in order; to be read once. */
  rows(): AsyncIterable<SheetRow>
  damageIn: DamageIn
  close(): Promise<void>
}

export function isBlank(cells: readonly string[]): boolean {
  return cells.every((cell) => cell.trim() === '')
}
