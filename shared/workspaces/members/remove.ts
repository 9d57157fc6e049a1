/** Takes a member out of a workspace, or an invitation back. Their own requests are refused before this returns. */
import type { Deps } from '../../deps.ts'
import type { WorkspaceId } from '../../ids.ts'
import type { Member } from '../schema.ts'
import { changeMember } from './change.ts'
import { findMember, memberNotFound } from './find.ts'
import { checkMayRemove, type Actor } from './roles.ts'
import { SETTLE_AFTER_SECONDS, settleMembership } from './settle.ts'

export async function removeMember(
  deps: Pick<Deps, 'containers' | 'queues' | 'now'>,
  workspaceId: WorkspaceId,
  actor: Actor,
  memberId: string,
): Promise<void> {
  const decide = (current: Member | undefined): Member => {
    if (!current) throw memberNotFound()
    checkMayRemove(actor, current)
    // Nobody needs the address of somebody who left.
    const { user_email: _address, ...rest } = current
    return { ...rest, status: 'removed' }
  }
  const { user_id } = decide(await findMember(deps, workspaceId, memberId))
  const message = { workspace_id: workspaceId, user_id }
  await deps.queues.send('workspace-changes', message, { delaySeconds: SETTLE_AFTER_SECONDS })
  await changeMember(deps, workspaceId, memberId, decide)
  await settleMembership(deps, workspaceId, user_id)
}
