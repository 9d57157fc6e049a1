/** Reads the members of a workspace. */
import type { Deps } from '../../deps.ts'
import { AppError } from '../../errors.ts'
import type { WorkspaceId } from '../../ids.ts'
import { NOT_FOUND_WORDS } from '../membership.ts'
import type { Member } from '../schema.ts'
import { memberStore } from './store.ts'

type ReadDeps = Pick<Deps, 'containers'>

/** Who was removed is not found. */
export async function findMember(
  { containers }: ReadDeps,
  workspaceId: WorkspaceId,
  memberId: string,
): Promise<Member | undefined> {
  const member = (await memberStore(containers).find(workspaceId, memberId))?.value
  return member?.status === 'removed' ? undefined : member
}

/** Newest first; invited ones too, unless one status is asked for. One request. */
export function listMembers(
  { containers }: ReadDeps,
  workspaceId: WorkspaceId,
  status?: 'pending' | 'active' | 'suspended',
): Promise<Member[]> {
  return memberStore(containers).list(workspaceId, status)
}

export function memberNotFound(): AppError {
  return new AppError('member_not_found', NOT_FOUND_WORDS)
}
