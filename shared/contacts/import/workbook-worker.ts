/**
 * The thread that reads one workbook: its first sheet, cell values as text, handed out some hundred rows at a time.
 * Talks only to workbook.ts.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { read, type CellObject, type DenseWorkSheet, type WorkSheet } from 'xlsx'
import { ValidationError } from '../../errors.ts'
import { unpacked } from './archive.ts'
import { cellText } from './cell-text.ts'
import { MAX_COLUMNS } from './refusal.ts'
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

type CellRow = (CellObject | undefined)[] | undefined

function answer(message: WorkbookAnswer): void {
  parentPort?.postMessage(message)
}

// workbook.ts starts this thread with nothing else.
serve(workerData as WorkbookJob)

function serve(job: WorkbookJob): void {
  try {
    const sheet = firstSheet(job)
    const [header, ...others] = sheet.rows.keys().filter((index) => !isBlank(textsOf(sheet, index)))
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
