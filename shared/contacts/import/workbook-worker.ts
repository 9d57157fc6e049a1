/**
 * The thread that reads one workbook: its first sheet, cell values as text, handed out some hundred rows at a time.
 * Talks only to workbook.ts.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { read, type CellObject, type DenseWorkSheet, type WorkSheet } from 'xlsx'
import { ValidationError } from '../../errors.ts'
import { unpacked } from './archive.ts'
import { cellText } from './cell-text.ts'
import { MAX_COLUMNS, refusal } from './refusal.ts'
import { isBlank, type SheetRow } from './sheet.ts'

export interface WorkbookJob {
  bytes: Uint8Array
  isZipped: boolean
  maxRows: number
}

export type WorkbookAnswer =
  | { kind: 'opened'; header: string[]; dataRows: number }
  | { kind: 'rows'; rows: SheetRow[] }
  | { kind: 'refused'; message: string }
  | { kind: 'too-many-rows' }
  | { kind: 'too-many-columns' }

const ROWS_PER_ANSWER = 500
/** Of Excel, and of most others. */
const SHEET_ROWS = 1_048_576

type CellRow = (CellObject | undefined)[] | undefined

function answer(message: WorkbookAnswer): void {
  parentPort?.postMessage(message)
}

// workbook.ts starts this thread with nothing else.
serve(workerData as WorkbookJob)

function serve(job: WorkbookJob): void {
  try {
    const sheet = firstSheet(job)
    const [header, ...others] = rowsPresent(sheet).filter((index) => !isBlank(textsOf(sheet, index)))
    if (header === undefined) answer({ kind: 'refused', message: 'The first sheet of the workbook is empty' })
    else if ((sheet.rows[header]?.length ?? 0) > MAX_COLUMNS) answer({ kind: 'too-many-columns' })
    else if (others.length > job.maxRows) answer({ kind: 'too-many-rows' })
    else {
      handOut(sheet, others)
      answer({ kind: 'opened', header: textsOf(sheet, header), dataRows: others.length })
    }
  } catch (error) {
    const message =
      error instanceof ValidationError
        ? (error.problems[0]?.msg ?? error.message)
        : 'The workbook cannot be read: open it in your spreadsheet program, save it as .xlsx, and upload that'
    answer({ kind: 'refused', message })
  }
}

/** In order. A sheet may claim rows far apart: to walk what lies between would take minutes. */
function rowsPresent({ rows }: OpenedSheet): number[] {
  const present = Object.keys(rows).map(Number)
  if (present.every((index) => index >= 0 && index < SHEET_ROWS)) return present
  throw refusal(
    `The workbook has a row beyond ${SHEET_ROWS.toLocaleString('en')}, where sheets end: save it again in your spreadsheet program, and upload that`,
  )
}

function handOut(sheet: OpenedSheet, filled: number[]): void {
  let next = 0
  parentPort?.on('message', () => {
    const batch = filled.slice(next, next + ROWS_PER_ANSWER)
    next += batch.length
    answer({ kind: 'rows', rows: batch.map((index) => ({ rowNumber: index + 1, cells: textsOf(sheet, index) })) })
  })
}

interface OpenedSheet {
  rows: CellRow[]
  /** Whether the workbook counts its days from 1904, as those of old Macs do. */
  from1904: boolean
}

function firstSheet({ bytes, isZipped }: WorkbookJob): OpenedSheet {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const book = read(isZipped ? unpacked(buffer) : buffer, {
    type: 'buffer',
    dense: true,
    sheets: 0,
    // Their results are read, whatever the formulas are.
    cellFormula: false,
    cellHTML: false,
    // Only its number format tells a date from a number.
    cellNF: true,
  })
  const sheet: WorkSheet | undefined = book.Sheets[book.SheetNames[0] ?? '']
  // Reading with `dense` gives dense sheets.
  const rows = (sheet as DenseWorkSheet | undefined)?.['!data'] ?? []
  return { rows, from1904: book.Workbook?.WBProps?.date1904 ?? false }
}

function textsOf(sheet: OpenedSheet, index: number): string[] {
  const row = sheet.rows[index]
  return Array.from({ length: Math.min(row?.length ?? 0, MAX_COLUMNS) }, (_, column) => cellText(row?.[column], sheet))
}
