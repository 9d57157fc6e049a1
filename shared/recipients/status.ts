/** What became of the message to one campaign recipient, from its page and its facts: two point reads. */
import type { Deps } from '../deps.ts'
import { belongsTo, campaignMonth, recipientAddress, type WorkspaceId } from '../ids.ts'
import { errorRule } from '../whatsapp/error-actions.ts'
import { applyOutcome, emptyRow, fromCells, knownState, type FactRow, type KnownState } from './fact-row.ts'
import { factKey, factPartition } from './fact-writer.ts'
import { outcomeOfPage } from './outcome.ts'
import type { Page } from './page.ts'
import { pageStore } from './page-store.ts'

export interface RecipientStatus {
  wamid: string | null
  status: KnownState
  sentAt: string | null
  deliveredAt: string | null
  readAt: string | null
  failedAt: string | null
  /** Of a failure; `code` is Meta's, or 0. */
  failure: { code: number; title: string } | null
}

/** Undefined unless the id names a recipient of a campaign of this workspace. */
export async function recipientStatus(
  { containers, factsTable }: Pick<Deps, 'containers' | 'factsTable'>,
  workspaceId: WorkspaceId,
  messageId: string,
): Promise<RecipientStatus | undefined> {
  const address = recipientAddress(messageId)
  if (!address || !belongsTo(workspaceId, messageId)) return undefined
  const { campaignId, page: number, position } = address
  // The page first: a month that somebody made up must not make a table.
  const stored = await pageStore({ containers }).page(workspaceId, campaignId, number)
  if (!stored || position >= stored.value.states.length) return undefined
  const table = await factsTable(campaignMonth(campaignId))
  const facts = await table.read(factPartition(workspaceId, campaignId), factKey(number))
  const row = facts ? fromCells(facts.cells) : emptyRow()
  applyOutcome(row, outcomeOfPage(stored.value))
  return statusAt(stored.value, row, position)
}

function statusAt(page: Page, row: FactRow, position: number): RecipientStatus {
  const status = knownState(row, position)
  const note = page.notes[position]
  const hasFailed = status === 'failed'
  const code = row.failedCodes[position] || row.outcomeCodes[position] || 0
  return {
    wamid: page.wamids[position] ?? null,
    status,
    sentAt: timeOf(row.sent[position]),
    deliveredAt: timeOf(row.delivered[position]),
    readAt: timeOf(row.read[position]),
    failedAt: hasFailed ? (timeOf(row.failed[position]) ?? note?.at ?? null) : null,
    failure: hasFailed ? { code, title: titleOf(code, note?.reason) } : null,
  }
}

/** Unix seconds; 0 where nothing was reported. */
function timeOf(seconds: number | undefined): string | null {
  return seconds ? new Date(seconds * 1000).toISOString() : null
}

function titleOf(code: number, reason: string | undefined): string {
  return reason ?? (code === 0 ? 'Meta gave no reason' : errorRule(code).reason)
}
