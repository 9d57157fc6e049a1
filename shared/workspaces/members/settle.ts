/**
 * Makes a user's own note of one workspace what the member's row says. Whoever changes a row queues this before the
 * write and runs it after, so that a crash in between leaves the two apart for seconds only.
 */
import { settingMembership } from '../../accounts/memberships.ts'
import type { UserMembership } from '../../accounts/schema.ts'
import type { Deps } from '../../deps.ts'
import type { WorkspaceId } from '../../ids.ts'
import { memberId, type Member } from '../schema.ts'
import { workspaceStore } from '../store.ts'
import { changeMember } from './change.ts'
import { memberStore } from './store.ts'

/** Longer than a request takes from queueing to its own write. */
export const SETTLE_AFTER_SECONDS = 5

type SettleDeps = Pick<Deps, 'containers' | 'now'>

export async function settleMembership(deps: SettleDeps, workspaceId: WorkspaceId, userId: string): Promise<void> {
  await settingMembership(deps, { userId, workspaceId }, (isSignedUp) =>
    membershipNow(deps, { workspaceId, userId, isSignedUp }),
  )
}

async function membershipNow(
  deps: SettleDeps,
  { workspaceId, userId, isSignedUp }: { workspaceId: WorkspaceId; userId: string; isSignedUp: boolean },
): Promise<UserMembership | undefined> {
  const id = memberId(workspaceId, userId)
  const [workspace, stored] = await Promise.all([
    workspaceStore(deps.containers).find(workspaceId),
    memberStore(deps.containers).find(workspaceId, id),
  ])
  const isWaiting = stored?.value.status === 'pending' && isSignedUp
  const member = workspace && isWaiting ? await accept(deps, workspaceId, id) : stored?.value
  if (!workspace || !member || member.status === 'removed') return undefined
  const { role, status, joined_at, created_at } = member
  return { workspace_id: workspaceId, role, status, joined_at: joined_at ?? created_at }
}

/** Signing up is what accepts. */
function accept(deps: SettleDeps, workspaceId: WorkspaceId, id: string): Promise<Member | undefined> {
  return changeMember(deps, workspaceId, id, (current) =>
    current?.status === 'pending' ? { ...current, status: 'active', joined_at: deps.now().toISOString() } : current,
  )
}
