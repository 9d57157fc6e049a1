/**
 * Removes a blob that no media file has: what is left of an upload or a deletion that stopped half-way. Both queue this
 * before they begin, to run when they are long over. Meta's copies of a deleted file are deleted with it: only now, so that
 * the messages on their way still have it.
 */
import type { Stored } from '../azure/cosmos.ts'
import { retryingConflicts } from '../conflicts.ts'
import type { Deps } from '../deps.ts'
import { phoneNumberOrNone } from '../phone-numbers/find.ts'
import { tokenOf } from '../phone-numbers/schema.ts'
import type { QueueMessage } from '../queue/messages.ts'
import { removeMedia } from '../whatsapp/media-upload.ts'
import { livingCopies } from './copies.ts'
import type { Media, MetaCopy } from './schema.ts'
import { mediaStore } from './store.ts'

/** More than a function may run: whoever queued the message has finished, or never will. */
export const CLEANUP_DELAY_SECONDS = 15 * 60
/** Meta drops what it is not asked to delete by itself, if later. */
const MOST_TRIES = 6

type CleanUpDeps = Pick<Deps, 'blobs' | 'config' | 'containers' | 'graph' | 'log' | 'now' | 'queues'>
type Message = QueueMessage<'media-cleanup'>

export async function cleanUpMedia(deps: CleanUpDeps, message: Message): Promise<void> {
  const { workspace_id, media_id, blob } = message
  const stored = await mediaStore(deps.containers).findAny(workspace_id, media_id)
  const isOfFile = stored?.value.blob === blob
  if (isOfFile && stored.value.deleted_at === undefined) return
  await deps.blobs.remove('media', blob)
  if (!isOfFile || stored.value.at_meta.length === 0) return
  const left = await leftAtMeta(deps, stored.value)
  await note(deps, stored, left)
  if (left.length > 0) await tryAgain(deps, message, left.length)
}

/** Deletes the copies, and gives those for which Meta could not be asked. */
async function leftAtMeta(deps: CleanUpDeps, media: Media): Promise<MetaCopy[]> {
  const left: MetaCopy[] = []
  for (const copy of livingCopies(media, deps.now())) {
    const number = await phoneNumberOrNone(deps, media.workspace_id, copy.phone_number_id)
    // Without the number there is no token to ask with.
    if (!number) continue
    const isGone = await removeMedia(deps, { metaId: number.meta_id, token: tokenOf(deps.config, number) }, copy.id)
    if (!isGone) left.push(copy)
  }
  return left
}

/** An upload that was still on its way may have noted a copy meanwhile: it stays. */
async function note({ containers }: CleanUpDeps, { value: before }: Stored<Media>, left: MetaCopy[]): Promise<void> {
  const store = mediaStore(containers)
  const gone = new Set(before.at_meta.filter((copy) => !left.includes(copy)).map(({ id }) => id))
  await retryingConflicts(async () => {
    const stored = await store.findAny(before.workspace_id, before.id)
    if (!stored) return
    await store.replace(stored, { ...stored.value, at_meta: stored.value.at_meta.filter(({ id }) => !gone.has(id)) })
  })
}

async function tryAgain({ queues, log }: CleanUpDeps, message: Message, copies: number): Promise<void> {
  const tries = (message.tries ?? 0) + 1
  if (tries < MOST_TRIES) {
    await queues.send('media-cleanup', { ...message, tries }, { delaySeconds: CLEANUP_DELAY_SECONDS * 2 ** tries })
    return
  }
  log.warn('media.left_at_meta', { workspace_id: message.workspace_id, media_id: message.media_id, copies })
}
