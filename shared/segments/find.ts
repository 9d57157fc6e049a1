/** Reads segments, and counts whom they describe now. */
import type { Stored } from '../azure/cosmos.ts'
import { contactStore } from '../contacts/store.ts'
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import type { Listed, Page } from '../http/paging.ts'
import type { WorkspaceId } from '../ids.ts'
import { NOT_FOUND_WORDS } from '../workspaces/membership.ts'
import type { Segment } from './schema.ts'
import { segmentStore } from './store.ts'

type ReadDeps = Pick<Deps, 'containers'>

/** Throws `segment_not_found`. */
export async function findSegment(deps: ReadDeps, workspaceId: WorkspaceId, id: string): Promise<Stored<Segment>> {
  const stored = await segmentStore(deps.containers).find(workspaceId, id)
  if (!stored) throw new AppError('segment_not_found', NOT_FOUND_WORDS)
  return stored
}

/** For ids that stand in a body, where "not found" is a problem of that field. */
export async function segmentOrNone(
  deps: ReadDeps,
  workspaceId: WorkspaceId,
  id: string,
): Promise<Segment | undefined> {
  return (await segmentStore(deps.containers).find(workspaceId, id))?.value
}

export function listSegments(deps: ReadDeps, workspaceId: WorkspaceId, page: Page): Promise<Listed<Segment>> {
  return segmentStore(deps.containers).list(workspaceId, page)
}

/** With how many contacts it describes now. */
export async function countedSegment(
  deps: ReadDeps,
  workspaceId: WorkspaceId,
  id: string,
): Promise<{ segment: Segment; count: number }> {
  const { value: segment } = await findSegment(deps, workspaceId, id)
  return { segment, count: await contactStore(deps.containers).count(workspaceId, [segment.filter]) }
}
