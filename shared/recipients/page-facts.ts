/** Pages with what is known of their recipients: our own record, and what Meta reported. */
import type { Table } from '../azure/tables.ts'
import type { Deps } from '../deps.ts'
import { campaignMonth } from '../ids.ts'
import { fromCells } from './fact-cells.ts'
import { applyOutcome, emptyRow, knownState, type FactRow } from './fact-row.ts'
import { factKey, factPartition } from './fact-writer.ts'
import { outcomeOfPage } from './outcome.ts'
import { bound, stateAt, type Page } from './page.ts'

/** One table read. The page is the newer record of the two, if they differ. */
export async function factsOf({ factsTable }: Pick<Deps, 'factsTable'>, page: Page): Promise<FactRow> {
  const table = await factsTable(campaignMonth(page.campaign_id))
  return factsIn(table, page)
}

export async function factsIn(table: Table, page: Page): Promise<FactRow> {
  const stored = await table.read(factPartition(page.workspace_id, page.campaign_id), factKey(page.number))
  return mergedFacts(stored ? fromCells(stored.cells) : emptyRow(), page)
}

export function mergedFacts(row: FactRow, page: Page): FactRow {
  applyOutcome(row, outcomeOfPage(page))
  return row
}

const REACHED = new Set(['sent', 'delivered', 'read'])

/**
 * Of those who are to be sent to again, nobody whose earlier message Meta has meanwhile reported as taken. Asked right
 * before each block, and only of pages that a person had sent again.
 */
export async function withoutReached(deps: Pick<Deps, 'factsTable'>, page: Page): Promise<Page> {
  const again = Object.keys(page.resends).map(Number)
  if (!again.some((position) => stateAt(page, position) === 'p')) return page
  const row = await factsOf(deps, page)
  const reached = again.filter((position) => stateAt(page, position) === 'p' && REACHED.has(knownState(row, position)))
  return reached.length === 0 ? page : bound(page, new Map(reached.map((at) => [at, row.sentRounds[at] ?? 0])))
}
