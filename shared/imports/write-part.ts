/** Stores the contacts of one part, and a blob of its rejected rows. Doing it again changes nothing and comes to the same. */
import { requiredColumns, type Columns } from '../contacts/import/columns.ts'
import { judgeRest, type ReadyRow } from '../contacts/import/row.ts'
import { ROWS_PER_LOOKUP, rowWriter, type WriteRows } from '../contacts/import/write.ts'
import type { WrittenRow } from '../contacts/import/plan-row.ts'
import { contactStore } from '../contacts/store.ts'
import type { Deps } from '../deps.ts'
import { csvRow } from '../reports/csv.ts'
import { roomForContacts } from '../workspaces/quotas.ts'
import { IMPORTS, rejectedBlob, type Part, type StagedRow } from './parts.ts'
import type { Counts, Import, PartOutcome, Reason } from './schema.ts'

type WriteDeps = Pick<Deps, 'containers' | 'blobs' | 'contactCounts' | 'now'>

/** Lookups and batches under way at a time. */
const AT_ONCE = 2

/** A writer for the parts of one import: where contacts of one existed, it expects those of the next to exist too. */
export function partWriter(deps: WriteDeps, job: Import) {
  const { workspace_id: workspaceId, id: importId, options } = job
  const rules = { store: contactStore(deps.containers), workspaceId, importId, mode: options.mode, now: deps.now }
  /** Of the plan: looked at again for each part. */
  const room = { left: 0 }
  let writeRows: WriteRows | undefined
  return async (number: number, part: Part): Promise<PartOutcome> => {
    const columns = requiredColumns(part.header, options.other_columns)
    writeRows ??= rowWriter({ ...rules, optedIn: options.opted_in, columns, room })
    room.left = await roomForContacts(deps, workspaceId, part.rows.length)
    const results = await writeAll(writeRows, part.rows, columns)
    const rejected = part.rows.flatMap((row, index) => rejectedLine(row, results[index]))
    if (rejected.length > 0) {
      await deps.blobs.put(IMPORTS, rejectedBlob(job, number), Buffer.from(rejected.join('')), 'text/csv')
    }
    return { counts: countsOf(results), reasons: reasonsOf(results) }
  }
}

/** What came of each row, in their order. */
async function writeAll(writeRows: WriteRows, rows: StagedRow[], columns: Columns): Promise<WrittenRow[]> {
  const results: WrittenRow[] = []
  const chunks = Array.from({ length: Math.ceil(rows.length / ROWS_PER_LOOKUP) }, (_, index) => index * ROWS_PER_LOOKUP)
  const queue = chunks.values()
  const work = async (): Promise<void> => {
    for (const from of queue) {
      const ready: { at: number; row: ReadyRow }[] = []
      for (const [index, row] of rows.slice(from, from + ROWS_PER_LOOKUP).entries()) {
        const judged = readyOrResult(row, columns)
        if ('status' in judged) results[from + index] = judged
        else ready.push({ at: from + index, row: judged })
      }
      const written = ready.length === 0 ? [] : await writeRows(ready.map(({ row }) => row))
      for (const [index, { at }] of ready.entries()) results[at] = written[index] ?? NOTHING_CAME
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return results
}

/** The writer answers for every row it is given. */
const NOTHING_CAME: WrittenRow = { status: 'failed', reason: 'This row was not written: import it again' }

function readyOrResult({ wa_id, problem, first, cells }: StagedRow, columns: Columns): ReadyRow | WrittenRow {
  if (wa_id === undefined) return { status: 'failed', reason: problem ?? null }
  if (first !== undefined) return { status: 'skipped', reason: `Row ${first} has the same number` }
  const judged = judgeRest(cells, columns, { waId: wa_id, e164: `+${wa_id}` })
  return judged.ok ? judged : { status: 'failed', reason: judged.problem }
}

function rejectedLine({ row, cells }: StagedRow, result: WrittenRow | undefined): string[] {
  if (!result || !isRejected(result)) return []
  return [csvRow([row, result.status, result.reason, ...cells])]
}

function isRejected(result: WrittenRow): result is WrittenRow & { status: 'skipped' | 'failed' } {
  return result.status === 'skipped' || result.status === 'failed'
}

function countsOf(results: WrittenRow[]): Counts {
  const counts = { imported: 0, updated: 0, skipped: 0, failed: 0 }
  for (const { status } of results) counts[status]++
  return counts
}

/** Row numbers are left out, so that equal reasons meet. */
function reasonsOf(results: WrittenRow[]): Reason[] {
  const reasons = new Map<string, Reason>()
  for (const result of results) {
    if (!isRejected(result)) continue
    const reason = (result.reason ?? '').replace(/\bRow \d+\b/, 'Another row')
    const known = reasons.get(`${result.status} ${reason}`)
    if (known) known.count++
    else reasons.set(`${result.status} ${reason}`, { status: result.status, reason, count: 1 })
  }
  return [...reasons.values()]
}
