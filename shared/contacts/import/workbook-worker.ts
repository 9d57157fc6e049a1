/**
 * The thread that reads one workbook: its first sheet, cell values as text, handed out some hundred rows at a time.
 * Talks only to workbook.ts.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { read, type CellObject, type DenseWorkSheet, type WorkSheet } from 'xlsx'
import { ValidationError } from '../../errors.ts'
import { unpacked } from './archive.ts'
import { MAX_COLUMNS, MAX_ROWS } from './refusal.ts'
import { isBlank, type SheetRow } from './sheet.ts'

export interface WorkbookJob {
  bytes: Uint8Array
  isZipped: boolean
}

export type WorkbookAnswer =
  | { kind: 'opened'; header: string[]; dataRows: number }
  | { kind: 'rows'; rows: SheetRow[] }
  | { kind: 'refused'; message: string }
  | { kind: 'too-many-rows' }
  | { kind: 'too-many-columns' }

const ROWS_PER_ANSWER = 500

type CellRow = (CellObject | undefined)[] | undefined

function answer(message: WorkbookAnswer): void {
  parentPort?.postMessage(message)
}

// workbook.ts starts this thread with nothing else.
serve(workerData as WorkbookJob)

function serve(job: WorkbookJob): void {
  try {
    const rows = sheetRows(job)
    const [header, ...others] = rows.keys().filter((index) => !isBlank(textsOf(rows[index])))
    if (header === undefined) answer({ kind: 'refused', message: 'The first sheet of the workbook is empty' })
    else if ((rows[header]?.length ?? 0) > MAX_COLUMNS) answer({ kind: 'too-many-columns' })
    else if (others.length > MAX_ROWS) answer({ kind: 'too-many-rows' })
    else {
      handOut(rows, others)
      answer({ kind: 'opened', header: textsOf(rows[header]), dataRows: others.length })
    }
  } catch (error) {
    const message =
      error instanceof ValidationError
        ? (error.problems[0]?.msg ?? error.message)
        : 'The workbook cannot be read: open it in your spreadsheet program, save it as .xlsx, and upload that'
    answer({ kind: 'refused', message })
  }
}

function handOut(rows: CellRow[], filled: number[]): void {
  let next = 0
  parentPort?.on('message', () => {
    const batch = filled.slice(next, next + ROWS_PER_ANSWER)
    next += batch.length
    answer({ kind: 'rows', rows: batch.map((index) => ({ rowNumber: index + 1, cells: textsOf(rows[index]) })) })
  })
}

function sheetRows({ bytes, isZipped }: WorkbookJob): CellRow[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const book = read(isZipped ? unpacked(buffer) : buffer, {
    type: 'buffer',
    dense: true,
    sheets: 0,
    cellFormula: false,
    cellHTML: false,
  })
  const sheet: WorkSheet | undefined = book.Sheets[book.SheetNames[0] ?? '']
  // Reading with `dense` gives dense sheets.
  return (sheet as DenseWorkSheet | undefined)?.['!data'] ?? []
}

function textsOf(row: CellRow): string[] {
  return Array.from({ length: Math.min(row?.length ?? 0, MAX_COLUMNS) }, (_, index) => textOf(row?.[index]))
}

function textOf(cell: CellObject | undefined): string {
  if (cell?.v === undefined || cell.t === 'e' || cell.t === 'z') return ''
  return typeof cell.v === 'number' ? numberText(cell.v, cell.w ?? '') : String(cell.w ?? cell.v)
}

/** All digits: 4915123456789, not 4.91512E+12. What the cell shows wins if it only adds to them (+, zeros, dashes). */
function numberText(value: number, shown: string): string {
  const plain = Number.isInteger(value) ? BigInt(value).toString() : String(value)
  const shownDigits = shown.replaceAll(/\D/g, '').replace(/^0+/, '')
  return /^[-+\d ().]+$/.test(shown) && shownDigits === plain.replaceAll(/\D/g, '') ? shown : plain
}
