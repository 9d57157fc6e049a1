/**
 * Imports a file of contacts. Every row has a result. A file that is refused leaves nothing behind; one that is cut
 * short by a failure of ours can be imported again, because rows that are stored already change nothing.
 */
import type { Deps } from '../deps.ts'
import { fieldProblem } from '../errors.ts'
import type { WorkspaceId } from '../ids.ts'
import { roomForContacts } from '../workspaces/quotas.ts'
import { workspaceSettings, type EffectiveSettings } from '../workspaces/settings.ts'
import type { ImportResponse, ImportRowResult } from './api.ts'
import type { OtherColumns } from './import/columns.ts'
import type { UploadedFile } from './import/file-kind.ts'
import { openSheet } from './import/open-sheet.ts'
import type { ImportMode } from './import/plan-row.ts'
import { noRows } from './import/refusal.ts'
import { rowJudge, type JudgedRow, type ReadyRow } from './import/row.ts'
import type { SheetRow } from './import/sheet.ts'
import { ROWS_PER_LOOKUP, rowWriter, type WriteRows } from './import/write.ts'
import { personKey } from './person.ts'
import { countryOf, type Country } from './phone.ts'
import { contactStore } from './store.ts'

export interface ImportOptions {
  /** Wins over the workspace's setting. */
  defaultCountry?: string | undefined
  mode?: ImportMode
  otherColumns?: OtherColumns
}

export async function importContacts(
  { containers, contactCounts, log, now }: Pick<Deps, 'containers' | 'contactCounts' | 'log' | 'now'>,
  workspaceId: WorkspaceId,
  file: UploadedFile,
  options: ImportOptions = {},
): Promise<ImportResponse> {
  const settings = await workspaceSettings({ containers }, workspaceId)
  const country = importCountry(options.defaultCountry, settings)
  const sheet = await openSheet(file)
  try {
    const { columns, judge } = rowJudge(sheet, options.otherColumns ?? 'ignore', country)
    if (sheet.dataRows === 0) throw noRows()
    const store = contactStore(containers)
    const { mode = 'merge' } = options
    const room = {
      left: await roomForContacts({ containers, contactCounts }, workspaceId, sheet.dataRows, settings.plan),
    }
    const optedIn = settings.contactsOptedIn
    const writeRows = rowWriter({ store, workspaceId, optedIn, mode, columns, now, room })
    const results = await importRows(writeRows, sheet.rows(), judge)
    const response = { total_rows: results.length, ...countsOf(results), results }
    const { results: _results, ...counts } = response
    log.info('contacts.imported', { workspace_id: workspaceId, ...counts })
    return response
  } finally {
    await sheet.close()
  }
}

/** Of local numbers: the one the request names, or else the workspace's. */
export function importCountry(code: string | undefined, settings: EffectiveSettings): Country | undefined {
  if (code === undefined || code.trim() === '') return countryOf(settings.defaultCountry ?? '')
  const country = countryOf(code)
  if (country) return country
  throw fieldProblem(['query', 'default_country'], 'Input should be a two-letter ISO country code such as DE or BR')
}

async function importRows(
  writeRows: WriteRows,
  rows: AsyncIterable<SheetRow>,
  judge: (cells: readonly string[]) => JudgedRow,
): Promise<ImportRowResult[]> {
  const results: ImportRowResult[] = []
  const rowOfPerson = new Map<string, number>()
  const writing = writingBehind(writeRows)
  for await (const { rowNumber, cells } of rows) {
    const judged = judge(cells)
    const result = judged.ok ? rowResult(rowNumber, judged.phone.e164) : failed(rowNumber, judged)
    results.push(result)
    if (!judged.ok) continue
    const person = personKey(judged.phone.waId)
    const earlier = rowOfPerson.get(person)
    if (earlier === undefined) {
      rowOfPerson.set(person, rowNumber)
      await writing.add({ row: judged, result })
    } else {
      Object.assign(result, { status: 'skipped', reason: `Row ${earlier} has the same number` })
    }
  }
  await writing.finish()
  return results
}

interface WaitingRow {
  row: ReadyRow
  result: ImportRowResult
}

/** While some rows are written the next are read, and never more than that: memory does not grow with the file. */
function writingBehind(writeRows: WriteRows) {
  let waiting: WaitingRow[] = []
  let written: Promise<void> = Promise.resolve()
  const write = async (batch: WaitingRow[]): Promise<void> => {
    const outcomes = await writeRows(batch.map(({ row }) => row))
    for (const [index, { result }] of batch.entries()) Object.assign(result, outcomes[index])
  }
  const flush = async (): Promise<void> => {
    await written
    if (waiting.length === 0) return
    written = write(waiting)
    // A failure is thrown by whoever awaits `written` next; until then it must not count as unhandled.
    written.catch(() => undefined)
    waiting = []
  }
  return {
    async add(row: WaitingRow): Promise<void> {
      waiting.push(row)
      if (waiting.length === ROWS_PER_LOOKUP) await flush()
    },
    async finish(): Promise<void> {
      await flush()
      await written
    },
  }
}

/** Until its batch is written, and never seen by anybody before that. */
function rowResult(rowNumber: number, phoneNumber: string): ImportRowResult {
  return { row_number: rowNumber, phone_number: phoneNumber, status: 'imported', reason: null }
}

function failed(
  rowNumber: number,
  { problem, phoneText }: { problem: string; phoneText: string | null },
): ImportRowResult {
  return { row_number: rowNumber, phone_number: phoneText, status: 'failed', reason: problem }
}

function countsOf(results: ImportRowResult[]) {
  const counts = { imported: 0, updated: 0, skipped: 0, failed: 0 }
  for (const { status } of results) counts[status]++
  return counts
}
