/**
 * Adds a member by e-mail address. Somebody with an account is a member at once; for any other address a user id is
 * reserved, as at sign-up, and the membership waits there until somebody signs up with it.
 */
import { membershipsNoted, checkRoom } from '../../accounts/memberships.ts'
import { reserveAddress } from '../../accounts/sign-up.ts'
import type { Deps } from '../../deps.ts'
import { AppError } from '../../errors.ts'
import { isOwn, madeBy } from '../../idempotency/once.ts'
import type { WorkspaceId } from '../../ids.ts'
import type { Role } from '../membership.ts'
import { memberId, type Member } from '../schema.ts'
import { changeMember } from './change.ts'
import { checkMayGrant, type Actor } from './roles.ts'
import { memberStore } from './store.ts'
import { SETTLE_AFTER_SECONDS, settleMembership } from './settle.ts'

export async function addMember(
  deps: Pick<Deps, 'containers' | 'queues' | 'now' | 'once'>,
  workspaceId: WorkspaceId,
  actor: Actor,
  { email, role }: { email: string; role: Role },
): Promise<Member> {
  checkMayGrant(actor, role)
  const userId = await reserveAddress(deps, email)
  const { isSignedUp, count } = await membershipsNoted(deps, userId)
  checkRoom(count)
  const at = deps.now().toISOString()
  const message = { workspace_id: workspaceId, user_id: userId }
  await deps.queues.send('workspace-changes', message, { delaySeconds: SETTLE_AFTER_SECONDS })
  const id = memberId(workspaceId, userId)
  const earlier = await addedEarlier(deps, workspaceId, id)
  const added =
    earlier ??
    (await changeMember<Member>(deps, workspaceId, id, (current) => {
      if (current)
        throw new AppError(
          'member_exists',
          'This person is a member already, or invited: change their role or status instead',
        )
      return {
        id,
        workspace_id: workspaceId,
        type: 'member',
        v: 1,
        user_id: userId,
        user_email: email,
        role,
        status: isSignedUp ? 'active' : 'pending',
        joined_at: isSignedUp ? at : null,
        created_at: at,
        ...madeBy(deps.once),
      }
    }))
  await settleMembership(deps, workspaceId, userId)
  return added
}

/** Whom an earlier run of this request added. */
async function addedEarlier(
  { containers, once }: Pick<Deps, 'containers' | 'once'>,
  workspaceId: WorkspaceId,
  id: string,
): Promise<Member | undefined> {
  const row = once.isRepeat ? (await memberStore(containers).find(workspaceId, id))?.value : undefined
  if (!row || !isOwn(once, row)) return undefined
  if (row.status === 'removed') throw new AppError('member_exists', 'This request added them; they were removed since')
  return row
}
