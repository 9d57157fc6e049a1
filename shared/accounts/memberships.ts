/**
 * The memberships that a user's own document notes, or, until somebody signs up with the address a user id is reserved
 * for, the invitations in its place. Changed over the version that was read, again and again while others do the same.
 */
import type { Stored } from '../azure/cosmos.ts'
import { retryingConflicts } from '../conflicts.ts'
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import type { WorkspaceId } from '../ids.ts'
import type { Invitations, User, UserMembership } from './schema.ts'
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
    const memberships = withMembership(stored.value.memberships, membership.workspace_id, membership)
    checkRoom(memberships.length - 1)
    await accounts.replaceUser(stored, { ...stored.value, memberships, updated_at: now().toISOString() })
  })
}

/** Throws if an account with `count` memberships has no room for one more. */
export function checkRoom(count: number): void {
  if (count < MOST_MEMBERSHIPS) return
  throw new AppError('workspace_conflict', `One account can belong to ${MOST_MEMBERSHIPS} workspaces`)
}

/** Whether somebody signed up under this user id, and how many memberships they have or are invited to. */
export async function membershipsNoted(
  { containers }: Pick<Deps, 'containers'>,
  userId: string,
): Promise<{ isSignedUp: boolean; count: number }> {
  const holder = await holderOf(containers, userId)
  return { isSignedUp: holder.user !== undefined, count: membershipsIn(holder).length }
}

/** Notes what `look` finds: a membership, or undefined for none. `look` is told whether the person has signed up. */
export async function settingMembership(
  { containers, now }: Pick<Deps, 'containers' | 'now'>,
  { userId, workspaceId }: { userId: string; workspaceId: WorkspaceId },
  look: (isSignedUp: boolean) => Promise<UserMembership | undefined>,
): Promise<void> {
  await retryingConflicts(async () => {
    // Read before the look, and written even where nothing changes: another run that looked earlier then fails on its
    // etag and looks again, so what it saw is never written over what came later.
    const holder = await holderOf(containers, userId)
    const found = await look(holder.user !== undefined)
    await note(containers, userId, holder, {
      memberships: withMembership(membershipsIn(holder), workspaceId, found),
      updated_at: now().toISOString(),
    })
  })
}

interface Holder {
  user: Stored<User> | undefined
  invitations: Stored<Invitations> | undefined
}

async function holderOf(containers: Deps['containers'], userId: string): Promise<Holder> {
  const accounts = accountStore(containers)
  const user = await accounts.findUser(userId)
  return { user, invitations: user ? undefined : await accounts.findInvitations(userId) }
}

function membershipsIn({ user, invitations }: Holder): UserMembership[] {
  return (user ?? invitations)?.value.memberships ?? []
}

function withMembership(
  memberships: UserMembership[],
  workspaceId: WorkspaceId,
  membership: UserMembership | undefined,
): UserMembership[] {
  const others = memberships.filter(({ workspace_id }) => workspace_id !== workspaceId)
  return membership ? [...others, membership] : others
}

async function note(
  containers: Deps['containers'],
  userId: string,
  { user, invitations }: Holder,
  change: Pick<User, 'memberships' | 'updated_at'>,
): Promise<void> {
  const accounts = accountStore(containers)
  if (user) await accounts.replaceUser(user, { ...user.value, ...change })
  else if (!invitations) await accounts.createInvitations(userId, change)
  else if (invitations.value.is_closed) throw new AppError('conflict', 'They signed up at this moment')
  else await accounts.replaceInvitations(invitations, { ...invitations.value, ...change })
}
