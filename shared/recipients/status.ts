/** What became of the message to one campaign recipient, from its page and its facts: two point reads. */
import type { Deps } from '../deps.ts'
import { belongsTo, recipientAddress, type WorkspaceId } from '../ids.ts'
import { knownRecipient, type KnownRecipient } from './known-recipient.ts'
import { factsOf } from './page-facts.ts'
import { pageStore } from './page-store.ts'

export type RecipientStatus = Pick<
  KnownRecipient,
  'wamid' | 'status' | 'sentAt' | 'deliveredAt' | 'readAt' | 'failedAt' | 'price'
> & {
  /** Of a failure; `code` is Meta's, or 0. */
  failure: { code: number; title: string } | null
}

/** Undefined unless the id names a recipient of a campaign of this workspace. */
export async function recipientStatus(
  deps: Pick<Deps, 'containers' | 'factsTable'>,
  workspaceId: WorkspaceId,
  messageId: string,
): Promise<RecipientStatus | undefined> {
  const address = recipientAddress(messageId)
  if (!address || !belongsTo(workspaceId, messageId)) return undefined
  const { campaignId, page: number, position } = address
  // The page first: a month that somebody made up must not make a table.
  const stored = await pageStore(deps).page(workspaceId, campaignId, number)
  if (!stored || position >= stored.value.states.length) return undefined
  const row = await factsOf(deps, stored.value)
  const { problem, ...known } = knownRecipient(stored.value, row, position)
  const failure = known.status === 'failed' && problem ? { code: problem.code, title: problem.title } : null
  return { ...known, failure }
}
