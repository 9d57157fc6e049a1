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
