/** The contacts who get nothing any more of a campaign that has them in its pages: they opted out, or were deleted. */
import type { ContactStore } from '../contacts/store.ts'
import type { WorkspaceId } from '../ids.ts'

/** By the ids they have and had, with the reason. */
export type LeftOut = ReadonlyMap<string, 'opted_out' | 'contact_deleted'>

/** Opt-outs and deletions carry the clock of the instance that stored them. */
const CLOCK_SKEW_MS = 60_000

/** Since planning began: whoever was out before is in no page. Two queries. */
export async function leftOutSince(
  contacts: Pick<ContactStore, 'optedOutSince' | 'deletedSince'>,
  workspaceId: WorkspaceId,
  planStart: string,
): Promise<LeftOut> {
  const at = new Date(Date.parse(planStart) - CLOCK_SKEW_MS).toISOString()
  const [optedOut, deleted] = await Promise.all([
    contacts.optedOutSince(workspaceId, at),
    contacts.deletedSince(workspaceId, at),
  ])
  return new Map([
    ...deleted.map((id) => [id, 'contact_deleted'] as const),
    ...optedOut.map((id) => [id, 'opted_out'] as const),
  ])
}
