/** A media file as a message to Meta names it. */
import type { Deps } from '../deps.ts'
import { copyFor, type UsedCopy } from './copies.ts'
import { mediaLink } from './link.ts'
import type { Media } from './schema.ts'
import { isTakenByMeta } from './sendable.ts'

/** Meta fetches a file soon after it took the message, or never; some of its retries come later. */
const META_LINK_MINUTES = 60

export interface FileForMeta {
  /** Meta's media object. A link in it is a secret: neither stored nor logged. */
  object: { id?: string; link?: string; filename?: string }
  copy?: UsedCopy
}

/** Undefined until Meta has a copy for this number: see keep-at-meta.ts. A document shows its name. */
export async function fileForMeta(
  deps: Pick<Deps, 'blobs' | 'now'>,
  media: Media,
  { phoneNumberId, isDocument }: { phoneNumberId: string; isDocument: boolean },
): Promise<FileForMeta | undefined> {
  const name = isDocument && media.file_name !== null ? { filename: media.file_name } : {}
  if (!isTakenByMeta(media)) {
    const { url } = await mediaLink(deps, media, META_LINK_MINUTES)
    return { object: { link: url, ...name } }
  }
  const copy = copyFor(media, phoneNumberId, deps.now())
  return copy && { object: { id: copy.id, ...name }, copy }
}
