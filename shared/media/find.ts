/** Reads media files. */
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import type { Listed, Page } from '../http/paging.ts'
import type { WorkspaceId } from '../ids.ts'
import { NOT_FOUND_WORDS } from '../workspaces/membership.ts'
import type { MediaType } from './file-types.ts'
import type { Media } from './schema.ts'
import { mediaStore } from './store.ts'

type ReadDeps = Pick<Deps, 'containers'>

/** Throws `media_not_found` for an id that leads to nothing in this workspace, or to something deleted. */
export async function findMedia(deps: ReadDeps, workspaceId: WorkspaceId, id: string): Promise<Media> {
  const media = await mediaOrNone(deps, workspaceId, id)
  if (!media) throw new AppError('media_not_found', NOT_FOUND_WORDS)
  return media
}

/** For ids that stand in a body, where "not found" is a problem of that field. */
export async function mediaOrNone(
  { containers }: ReadDeps,
  workspaceId: WorkspaceId,
  id: string,
): Promise<Media | undefined> {
  return (await mediaStore(containers).find(workspaceId, id))?.value
}

export function listMedia(
  { containers }: ReadDeps,
  workspaceId: WorkspaceId,
  kind: MediaType | undefined,
  page: Page,
): Promise<Listed<Media>> {
  return mediaStore(containers).list(workspaceId, kind, page)
}
