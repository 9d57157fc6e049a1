/**
 * One change of a member's row, in one write with the workspace's document. That document notes who its owners are and
 * how many members there are, so two changes at the same moment meet there: the second decides anew, from a fresh read.
 */
import { retryingConflicts } from '../../conflicts.ts'
import type { Deps } from '../../deps.ts'
import { AppError } from '../../errors.ts'
import type { WorkspaceId } from '../../ids.ts'
import { PLANS } from '../plans.ts'
import { planLimitReached } from '../quotas.ts'
import type { Member, Workspace } from '../schema.ts'
import { workspaceStore } from '../store.ts'
import { memberStore } from './store.ts'

/** `decide` gets the row, or undefined if there is none or it was removed; it returns its input to leave it, or throws. */
export async function changeMember<Decided extends Member | undefined>(
  { containers }: Pick<Deps, 'containers'>,
  workspaceId: WorkspaceId,
  memberId: string,
  decide: (current: Member | undefined) => Decided,
): Promise<Decided> {
  const members = memberStore(containers)
  return retryingConflicts(async () => {
    const [workspace, row] = await Promise.all([
      workspaceStore(containers).get(workspaceId),
      members.find(workspaceId, memberId),
    ])
    const current = row?.value.status === 'removed' ? undefined : row?.value
    const next = decide(current)
    if (next === undefined || next === current) return next
    const after = counted(workspace.value, current, next)
    await members.write({ before: workspace, after }, { before: row, after: next })
    return next
  })
}

/** Throws `last_owner` and `plan_limit_reached`. */
function counted(workspace: Workspace, before: Member | undefined, after: Member): Workspace {
  // Documents of the first version note neither: they have their creator alone.
  const owners = workspace.owner_ids ?? [workspace.created_by]
  const others = owners.filter((id) => id !== after.user_id)
  const owner_ids = isOwner(after) ? [...others, after.user_id] : others
  if (owner_ids.length === 0) {
    throw new AppError('last_owner', 'A workspace keeps at least one active OWNER: make somebody else OWNER first')
  }
  const growth = (after.status === 'removed' ? 0 : 1) - (before ? 1 : 0)
  const member_count = (workspace.member_count ?? 1) + growth
  const limit = PLANS[workspace.plan].members
  if (growth > 0 && member_count > limit) {
    throw planLimitReached({ plan: workspace.plan, quota: 'members', limit, used: member_count - 1, wanted: 1 })
  }
  return { ...workspace, owner_ids, member_count }
}

/** Who never signed up, or may not come in, cannot look after the workspace. */
function isOwner({ role, status }: Member): boolean {
  return role === 'OWNER' && status === 'active'
}
