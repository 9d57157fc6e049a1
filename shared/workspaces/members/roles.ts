/** Who may do what to members: an ADMIN looks after everybody but OWNERs, and makes none. */
import { AppError } from '../../errors.ts'
import type { Role } from '../membership.ts'
import type { Member } from '../schema.ts'

/** Whoever asks: a person with their role in this workspace, or its API key. */
export interface Actor {
  userId: string | undefined
  role: Role
}

export function checkMayGrant(actor: Actor, role: Role): void {
  if (role === 'OWNER' && actor.role !== 'OWNER') throw new AppError('forbidden', 'Only an OWNER can make an OWNER')
}

export function checkMayChange(actor: Actor, member: Member): void {
  if (actor.role === 'OWNER') return
  if (actor.role !== 'ADMIN') throw new AppError('forbidden', 'This needs the role OWNER or ADMIN')
  if (member.role === 'OWNER') throw new AppError('forbidden', 'Only an OWNER can change an OWNER')
}

/** Everybody may leave. */
export function checkMayRemove(actor: Actor, member: Member): void {
  if (actor.userId !== member.user_id) checkMayChange(actor, member)
}
