/** A campaign's counters: the sum of what the rows of its pages say, computed anew whenever somebody asks. */
import type { Deps } from '../deps.ts'
import { campaignMonth, type WorkspaceId } from '../ids.ts'
import { COUNT_CELLS, countsFromCells } from '../recipients/fact-cells.ts'
import { addCounts, noCounts, type Counts } from '../recipients/fact-row.ts'
import { factPartition } from '../recipients/fact-writer.ts'

export interface Ledger {
  counts: Counts
  /** Pages in which every recipient has an outcome. */
  settled: ReadonlySet<number>
  /** Pages in which everybody who is left waits, with the time of the first next try. */
  waiting: ReadonlyMap<number, string>
  /** Pages with uncertain recipients. */
  uncertain: ReadonlySet<number>
  /** Pages with failed recipients. */
  failed: ReadonlySet<number>
}

/**
 * One table request per thousand pages (128,000 recipients). Rows of pages that were never planned are left out: only
 * somebody who sends with the number's own token, past Herald, can make Meta report on such a page.
 */
export async function readLedger(
  { factsTable }: Pick<Deps, 'factsTable'>,
  workspaceId: WorkspaceId,
  campaignId: string,
  pages = Infinity,
): Promise<Ledger> {
  const table = await factsTable(campaignMonth(campaignId))
  const counts = noCounts()
  const settled = new Set<number>()
  const waiting = new Map<number, string>()
  const uncertain = new Set<number>()
  const failed = new Set<number>()
  for await (const row of table.query({ partition: factPartition(workspaceId, campaignId), select: COUNT_CELLS })) {
    if (Number(row.key) >= pages) continue
    const page = countsFromCells(row.cells)
    addCounts(counts, page)
    if (row.cells['settled'] === true) settled.add(Number(row.key))
    const nextTry = row.cells['next_try']
    if (typeof nextTry === 'string') waiting.set(Number(row.key), nextTry)
    if (page.uncertain > 0) uncertain.add(Number(row.key))
    if (page.failed > 0) failed.add(Number(row.key))
  }
  return { counts, settled, waiting, uncertain, failed }
}

export function sumOf(counts: Counts): number {
  return counts.sent + counts.failed + counts.skipped + counts.cancelled + counts.uncertain
}
