/** Makes, changes and deletes segments. */
import { isDeepStrictEqual } from 'node:util'
import { campaignsAwaitingSegment } from '../campaigns/using-segment.ts'
import { retryingConflicts } from '../conflicts.ts'
import { tidyFilter, type FilterGiven } from '../contacts/filter-api.ts'
import type { Deps } from '../deps.ts'
import { AppError, isConflict } from '../errors.ts'
import { derivedId, type WorkspaceId } from '../ids.ts'
import { findSegment } from './find.ts'
import type { Segment } from './schema.ts'
import { segmentStore } from './store.ts'

type ChangeDeps = Pick<Deps, 'containers' | 'now'>

export async function createSegment(
  { containers, now, once }: ChangeDeps & Pick<Deps, 'once'>,
  workspaceId: WorkspaceId,
  { name, filter }: { name: string; filter: FilterGiven },
): Promise<Segment> {
  const at = now().toISOString()
  const id = derivedId('segment', workspaceId, once.seed('segment'))
  const segment: Segment = {
    id,
    type: 'segment',
    v: 1,
    workspace_id: workspaceId,
    name,
    filter: tidyFilter(filter),
    created_at: at,
    updated_at: at,
  }
  try {
    return (await segmentStore(containers).create(segment)).value
  } catch (error) {
    // An earlier run of this very request made it.
    if (!isConflict(error)) throw error
    return (await findSegment({ containers }, workspaceId, id)).value
  }
}

/** What is absent or null stays; a filter replaces the whole one. */
export function updateSegment(
  deps: ChangeDeps,
  workspaceId: WorkspaceId,
  segmentId: string,
  change: { name?: string | null | undefined; filter?: FilterGiven | null | undefined },
): Promise<Segment> {
  return retryingConflicts(async () => {
    const stored = await findSegment(deps, workspaceId, segmentId)
    const filter = change.filter ? tidyFilter(change.filter) : stored.value.filter
    const next = { ...stored.value, name: change.name ?? stored.value.name, filter }
    if (isDeepStrictEqual(next, stored.value)) return next
    const written = { ...next, updated_at: deps.now().toISOString() }
    return (await segmentStore(deps.containers).replace(stored, written)).value
  })
}

/**
 * A campaign that has started keeps the filter as it was then. One that waits for its time would find nobody at it, and so keeps
 * its segment; should it be scheduled at this very moment, it is kept back with a reason.
 */
export async function deleteSegment(deps: ChangeDeps, workspaceId: WorkspaceId, segmentId: string): Promise<void> {
  await retryingConflicts(async () => {
    const stored = await findSegment(deps, workspaceId, segmentId)
    const [campaign] = await campaignsAwaitingSegment(deps, workspaceId, stored.value.id)
    if (campaign) {
      throw new AppError(
        'segment_in_use',
        `The campaign "${campaign.name}" is scheduled with it: change or cancel that`,
      )
    }
    await segmentStore(deps.containers).remove(stored)
  })
}
