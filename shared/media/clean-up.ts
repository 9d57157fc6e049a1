/**
 * Removes a blob that no media file has: what is left of an upload or a deletion that stopped half-way. Both queue this
 * before they begin, to run when they are long over.
 */
import type { Deps } from '../deps.ts'
import type { QueueMessage } from '../queue/messages.ts'
import { mediaStore } from './store.ts'

/** More than a function may run: whoever queued the message has finished, or never will. */
export const CLEANUP_DELAY_SECONDS = 15 * 60

export async function cleanUpMedia(
  { containers, blobs }: Pick<Deps, 'containers' | 'blobs'>,
  { workspace_id, media_id, blob }: QueueMessage<'media-cleanup'>,
): Promise<void> {
  const stored = await mediaStore(containers).find(workspace_id, media_id)
  if (stored?.value.blob === blob) return
  await blobs.remove('media', blob)
}
