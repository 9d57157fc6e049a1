/**
 * Sees to it that Meta has a copy of a file for a number, for all messages of some weeks. Two processes may give it the same file
 * at once: both copies are good, and both are noted beside the file. A crash ahead of the note means one more copy.
 */
import { retryingConflicts } from '../conflicts.ts'
import type { Deps } from '../deps.ts'
import type { WorkspaceId } from '../ids.ts'
import { tokenOf, type PhoneNumber } from '../phone-numbers/schema.ts'
import type { SendOutcome } from '../whatsapp/outcome.ts'
import { uploadMedia } from '../whatsapp/media-upload.ts'
import { copyFor, livingCopies, mayBeLost, newCopy, type UsedCopy } from './copies.ts'
import { fileTypeOf } from './file-types.ts'
import type { Media } from './schema.ts'
import { isTakenByMeta } from './sendable.ts'
import { mediaStore } from './store.ts'

type KeepDeps = Pick<Deps, 'blobs' | 'config' | 'containers' | 'graph' | 'log' | 'now' | 'uploadsToMeta'>

/** `not_kept`: as if a message had been tried in its place, which was surely not sent. */
export type KeptAtMeta = { kind: 'kept' } | ({ kind: 'not_kept' } & SendOutcome)

const KEPT: KeptAtMeta = { kind: 'kept' }

/** Asks nobody where a copy is known, and where Meta takes none. */
export function keepAtMeta(deps: KeepDeps, media: Media, number: PhoneNumber): Promise<KeptAtMeta> {
  if (!isTakenByMeta(media) || copyFor(media, number.id, deps.now())) return Promise.resolve(KEPT)
  return deps.uploadsToMeta.share(`${media.id} ${number.id}`, () => give(deps, media, number))
}

async function give(deps: KeepDeps, { workspace_id, id }: Media, number: PhoneNumber): Promise<KeptAtMeta> {
  const { blobs, config, containers, log, now } = deps
  const stored = await mediaStore(containers).find(workspace_id, id)
  // Deleted, or given by somebody else since it was read: whoever goes on with it reads it again.
  if (!stored || copyFor(stored.value, number.id, now())) return KEPT
  const { blob, mime_type: mime, file_size: bytes } = stored.value
  const extension = fileTypeOf(mime)?.extensions[0] ?? 'bin'
  const file = { mime, extension, bytes, content: blobs.read('media', blob) }
  const at = now()
  const upload = await uploadMedia(deps, { metaId: number.meta_id, token: tokenOf(config, number) }, file)
  if (upload.kind === 'not_kept') {
    log.warn('media.not_kept_at_meta', { workspace_id, media_id: id, result: upload.result.kind })
    return upload
  }
  const copy = newCopy(number.id, upload.id, at)
  await changing(deps, workspace_id, id, (media) => [...livingCopies(media, at), copy])
  log.info('media.kept_at_meta', { workspace_id, media_id: id, phone_number_id: number.id })
  return KEPT
}

/** Meta refused a message because of this copy: the next message gets a new one. */
export async function refuseCopy(
  deps: Pick<Deps, 'containers' | 'now'>,
  workspaceId: WorkspaceId,
  copy: Pick<UsedCopy, 'id' | 'media_id'>,
): Promise<void> {
  const refused_at = deps.now().toISOString()
  await changing(deps, workspaceId, copy.media_id, ({ at_meta }) =>
    at_meta.map((one) => (one.id === copy.id ? { refused_at, ...one } : one)),
  )
}

/** As `refuseCopy`, for a message that Meta took and failed later: with the copy that it probably named. */
export async function refuseCopyFor(
  deps: Pick<Deps, 'containers' | 'now'>,
  workspaceId: WorkspaceId,
  { mediaId, phoneNumberId, code }: { mediaId: string; phoneNumberId: string; code: number },
): Promise<void> {
  const stored = await mediaStore(deps.containers).find(workspaceId, mediaId)
  const copy = stored && copyFor(stored.value, phoneNumberId, deps.now())
  if (copy && mayBeLost(code, copy, deps.now())) await refuseCopy(deps, workspaceId, copy)
}

/** Also of a deleted file: its clean-up deletes them at Meta. */
function changing(
  { containers }: Pick<Deps, 'containers'>,
  workspaceId: WorkspaceId,
  mediaId: string,
  change: (media: Media) => Media['at_meta'],
): Promise<void> {
  const store = mediaStore(containers)
  return retryingConflicts(async () => {
    const stored = await store.findAny(workspaceId, mediaId)
    if (stored) await store.replace(stored, { ...stored.value, at_meta: change(stored.value) })
  })
}
