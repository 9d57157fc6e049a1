/** Holds a workspace to its plan: what goes beyond is refused with the limit, the use and the cure. */
import type { BatchOperation, Document } from '../azure/cosmos.ts'
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import type { WorkspaceId } from '../ids.ts'
import { PLANS, type Quota } from './plans.ts'
import type { WorkspacePlan } from './schema.ts'
import { planOf } from './settings.ts'
import { workspaceStore } from './store.ts'

export interface Excess {
  plan: WorkspacePlan
  quota: Quota
  limit: number
  used: number
  wanted: number
}

const WORDS: Record<Quota, string> = {
  contacts: 'contacts',
  messages_per_month: 'messages a month',
  members: 'members',
  phone_numbers: 'phone numbers',
}

const CURES: Record<Quota, string> = {
  contacts: 'Delete contacts that are not needed, or have an OWNER change the plan',
  messages_per_month: 'Wait for the next month, or have an OWNER change the plan',
  members: 'Remove somebody, or have an OWNER change the plan',
  phone_numbers: 'Disconnect a number, or have an OWNER change the plan',
}

export function planLimitReached({ plan, quota, limit, used, wanted }: Excess): AppError {
  const number = (value: number): string => value.toLocaleString('en')
  return new AppError(
    'plan_limit_reached',
    `The plan ${plan} has ${number(limit)} ${WORDS[quota]}: ${number(used)} are used, and ${number(wanted)} more would be needed`,
    { details: { quota, limit, used, wanted, hint: CURES[quota] } },
  )
}

/** How many of `wanted` contacts may be created now. See contacts/counts.ts for how exact that is. */
export async function roomForContacts(
  deps: Pick<Deps, 'containers' | 'contactCounts'>,
  workspaceId: WorkspaceId,
  wanted: number,
  plan?: WorkspacePlan,
): Promise<number> {
  const limit = PLANS[plan ?? (await planOf(deps, workspaceId))].contacts
  return limit === null ? wanted : deps.contactCounts.room(workspaceId, limit, wanted)
}

/** Where not one more contact may be created. */
export function noRoomForContact(plan: WorkspacePlan): AppError {
  const limit = PLANS[plan].contacts ?? 0
  return planLimitReached({ plan, quota: 'contacts', limit, used: limit, wanted: 1 })
}

/**
 * Counts messages before they are accepted by `accept`, and takes them back if it throws. Throws `plan_limit_reached`. A
 * process that is killed in between leaves some counted that never came to be; never the other way round.
 */
export async function countingMessages<T>(
  { messageCounts, log }: Pick<Deps, 'messageCounts' | 'log'>,
  { workspaceId, plan, count }: { workspaceId: WorkspaceId; plan: WorkspacePlan; count: number },
  accept: () => Promise<T>,
): Promise<T> {
  if (count === 0) return accept()
  const limit = PLANS[plan].messages_per_month
  const { isAdded, total } = await messageCounts.add(workspaceId, count, limit)
  if (!isAdded) {
    throw planLimitReached({ plan, quota: 'messages_per_month', limit: limit ?? 0, used: total, wanted: count })
  }
  try {
    return await accept()
  } catch (error) {
    await messageCounts.add(workspaceId, -count, null).catch((failure: unknown) => {
      log.warn('quota.not_taken_back', { workspace_id: workspaceId, count, error: failure })
    })
    throw error
  }
}

/** Throws `plan_limit_reached`. Two who come at once may both be let in: see `placeForNumber`. */
export async function checkRoomForNumber(
  deps: Pick<Deps, 'containers'>,
  workspaceId: WorkspaceId,
  countNumbers: () => Promise<number>,
): Promise<void> {
  await placeForNumber(deps, workspaceId, countNumbers)
}

/**
 * As `checkRoomForNumber`. What it gives is to be written in one batch with the number: the workspace's document over the version
 * that was read ahead of the count, so that of two who find the last place free one meets a conflict, and counts anew.
 */
export async function placeForNumber(
  { containers }: Pick<Deps, 'containers'>,
  workspaceId: WorkspaceId,
  countNumbers: () => Promise<number>,
): Promise<BatchOperation<Document>[]> {
  const stored = await workspaceStore(containers).findAny(workspaceId)
  // One that is gone is held back by other means.
  if (!stored) return []
  const { plan } = stored.value
  const limit = PLANS[plan].phone_numbers
  if (limit === null) return []
  const used = await countNumbers()
  if (used >= limit) throw planLimitReached({ plan, quota: 'phone_numbers', limit, used, wanted: 1 })
  return [{ kind: 'replace', document: stored.value, etag: stored.etag }]
}
