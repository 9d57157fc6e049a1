/** Changes a member's role, or suspends them and lets them in again. Asked twice, it finishes what the first began. */
import type { Deps } from '../../deps.ts'
import { AppError } from '../../errors.ts'
import type { WorkspaceId } from '../../ids.ts'
import type { Role } from '../membership.ts'
import type { Member } from '../schema.ts'
import { changeMember } from './change.ts'
import { findMember, memberNotFound } from './find.ts'
import { checkMayChange, checkMayGrant, type Actor } from './roles.ts'
import { SETTLE_AFTER_SECONDS, settleMembership } from './settle.ts'

/** null means "not given", as everywhere in the API. */
export interface MemberChange {
  role?: Role | null | undefined
  status?: 'active' | 'suspended' | null | undefined
}

export async function updateMember(
  deps: Pick<Deps, 'containers' | 'queues' | 'now'>,
  workspaceId: WorkspaceId,
  actor: Actor,
  { memberId, change }: { memberId: string; change: MemberChange },
): Promise<Member> {
  const decide = (current: Member | undefined): Member => {
    if (!current) throw memberNotFound()
    return changed(actor, current, change)
  }
  const { user_id } = decide(await findMember(deps, workspaceId, memberId))
  const message = { workspace_id: workspaceId, user_id }
  await deps.queues.send('workspace-changes', message, { delaySeconds: SETTLE_AFTER_SECONDS })
  const member = await changeMember(deps, workspaceId, memberId, decide)
  await settleMembership(deps, workspaceId, user_id)
  return member
}

function changed(actor: Actor, current: Member, change: MemberChange): Member {
  checkMayChange(actor, current)
  const role = change.role ?? current.role
  if (role !== current.role) checkMayGrant(actor, role)
  const status = change.status ?? current.status
  if (role === current.role && status === current.status) return current
  if (current.status === 'pending' && status !== 'pending') {
    throw new AppError('member_pending', 'They have not signed up yet: until then only their role can be changed')
  }
  return { ...current, role, status }
}
