/** Changes the memberships that a user's own document notes, retried while somebody else changes it at the same time. */
import { retryingConflicts } from '../conflicts.ts'
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import type { UserMembership } from './schema.ts'
import { accountStore } from './store.ts'

/** Every request reads all of a user's memberships: a bound keeps that one small read. */
export const MOST_MEMBERSHIPS = 200

/** Adds the membership, or replaces the one of the same workspace: a second run changes nothing. */
export async function addMembership(
  { containers, now }: Pick<Deps, 'containers' | 'now'>,
  userId: string,
  membership: UserMembership,
): Promise<void> {
  const accounts = accountStore(containers)
  await retryingConflicts(async () => {
    const stored = await accounts.findUser(userId)
    if (!stored) throw new AppError('unauthorized', 'The account no longer exists')
    const others = stored.value.memberships.filter(({ workspace_id }) => workspace_id !== membership.workspace_id)
    checkRoom(others.length)
    await accounts.replaceUser(stored, {
      ...stored.value,
      memberships: [...others, membership],
      updated_at: now().toISOString(),
    })
  })
}

/** Throws if an account with `count` memberships has no room for one more. */
export function checkRoom(count: number): void {
  if (count < MOST_MEMBERSHIPS) return
  throw new AppError('workspace_conflict', `One account can belong to ${MOST_MEMBERSHIPS} workspaces`)
}
