/** Who calls, which workspaces they belong to and with which role: the facts every permission is decided by. */
import * as z from 'zod'
import { AppError, type ErrorCode } from '../errors.ts'
import { belongsTo, type WorkspaceId } from '../ids.ts'

export const Role = z.enum(['OWNER', 'ADMIN', 'MEMBER', 'AGENT']).meta({ id: 'MemberRole' })
export type Role = z.output<typeof Role>

export interface Membership {
  workspaceId: WorkspaceId
  role: Role
}

/** The verified sender of a request. `memberships` are the active ones, read once per request at most. */
export interface Caller {
  /** Absent where a workspace's API key calls instead of a person. */
  userId: string | undefined
  email: string | undefined
  memberships: Membership[]
}

export type RequiredRole = 'member' | 'admin' | 'owner'

const SUFFICIENT: Record<RequiredRole, readonly Role[]> = {
  member: ['OWNER', 'ADMIN', 'MEMBER', 'AGENT'],
  admin: ['OWNER', 'ADMIN'],
  owner: ['OWNER'],
}

/** The person who calls, for what an API key cannot do or be. */
export function personOf(caller: Caller): string {
  if (caller.userId !== undefined) return caller.userId
  throw new AppError('forbidden', 'This needs a signed-in person: an API key only works inside its workspace')
}

/** The caller's membership of a workspace they named. 403 alike for one they are not in and one that does not exist. */
export function membershipOf(caller: Caller, workspaceId: string, required: RequiredRole): Membership {
  const membership = caller.memberships.find((candidate) => candidate.workspaceId === workspaceId)
  if (!membership) throw new AppError('forbidden', 'You are not a member of this workspace')
  return withRole(membership, required)
}

/** The membership an entity's id points to, among the caller's own. 404 if none: no probing of other workspaces. */
export function membershipForEntity(
  caller: Caller,
  entityId: string,
  required: RequiredRole,
  notFound: ErrorCode,
): Membership {
  const membership = caller.memberships.find((candidate) => belongsTo(candidate.workspaceId, entityId))
  if (!membership) throw new AppError(notFound, NOT_FOUND_WORDS)
  return withRole(membership, required)
}

/** One wording for every id that does not lead anywhere the caller may look. */
export const NOT_FOUND_WORDS = 'Nothing with this id is visible to you'

function withRole(membership: Membership, required: RequiredRole): Membership {
  if (SUFFICIENT[required].includes(membership.role)) return membership
  throw new AppError('forbidden', `This needs the role ${SUFFICIENT[required].join(' or ')}`)
}
