/** Deletes a media file: it is gone for every read, list and send, and links that were handed out stop working. */
import { retryingConflicts } from '../conflicts.ts'
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import type { WorkspaceId } from '../ids.ts'
import { NOT_FOUND_WORDS } from '../workspaces/membership.ts'
import { CLEANUP_DELAY_SECONDS } from './clean-up.ts'
import { mediaStore } from './store.ts'

export async function deleteMedia(
  { containers, blobs, queues, now }: Pick<Deps, 'containers' | 'blobs' | 'queues' | 'now'>,
  workspaceId: WorkspaceId,
  mediaId: string,
): Promise<void> {
  const store = mediaStore(containers)
  await retryingConflicts(async () => {
    const stored = await store.find(workspaceId, mediaId)
    if (!stored) throw new AppError('media_not_found', NOT_FOUND_WORDS)
    const { id, blob } = stored.value
    // Before the write: if we stop between it and the removal, nobody else would think of the blob again.
    const message = { workspace_id: workspaceId, media_id: id, blob }
    await queues.send('media-cleanup', message, { delaySeconds: CLEANUP_DELAY_SECONDS })
    const at = now().toISOString()
    await store.replace(stored, { ...stored.value, deleted_at: at, updated_at: at })
    await blobs.remove('media', blob)
  })
}

/** As `deleteMedia`, with what it was called; also of one that is deleted already, or never was. */
export async function eraseMedia(
  deps: Pick<Deps, 'containers' | 'blobs' | 'queues' | 'now'>,
  workspaceId: WorkspaceId,
  mediaId: string,
): Promise<void> {
  const store = mediaStore(deps.containers)
  await retryingConflicts(async () => {
    const stored = await store.findAny(workspaceId, mediaId)
    if (stored && stored.value.file_name !== null) await store.replace(stored, { ...stored.value, file_name: null })
  })
  if (await store.find(workspaceId, mediaId)) await deleteMedia(deps, workspaceId, mediaId)
}
