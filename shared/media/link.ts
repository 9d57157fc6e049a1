/** A link that reads one media file for a while, for whoever holds it. Deleting the file ends it at once. */
import type { Deps } from '../deps.ts'
import { fileTypeOf } from './file-types.ts'
import type { Media } from './schema.ts'

export interface MediaLink {
  url: string
  expiresAt: Date
}

/** The link is a secret: it goes to the caller or to Meta, and is neither logged nor stored. */
export async function mediaLink(
  { blobs, now }: Pick<Deps, 'blobs' | 'now'>,
  media: Pick<Media, 'id' | 'blob' | 'mime_type' | 'file_name'>,
  minutes: number,
): Promise<MediaLink> {
  const at = now()
  // Storage counts in whole seconds: what we tell is what it does.
  const expiresAt = new Date(Math.floor(at.getTime() / 1000 + minutes * 60) * 1000)
  const fileName = media.file_name ?? `${media.id}.${fileTypeOf(media.mime_type)?.extensions[0] ?? 'bin'}`
  const url = await blobs.link('media', media.blob, { now: at, expiresAt, contentType: media.mime_type, fileName })
  return { url, expiresAt }
}

/** Meta fetches a file soon after it took the message, or never; some of its retries come later. */
const META_LINK_MINUTES = 60

/** As Meta takes a file in a message; a document shows its name. The link is a secret, as above. */
export async function fileForMeta(
  deps: Pick<Deps, 'blobs' | 'now'>,
  media: Pick<Media, 'id' | 'blob' | 'mime_type' | 'file_name'>,
  isDocument: boolean,
): Promise<{ link: string; filename?: string }> {
  const { url } = await mediaLink(deps, media, META_LINK_MINUTES)
  return { link: url, ...(isDocument && media.file_name !== null ? { filename: media.file_name } : {}) }
}
