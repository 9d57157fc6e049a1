/** An uploaded file as a message's content, checked for what WhatsApp delivers of it. */
import type { Deps } from '../deps.ts'
import { fieldProblem } from '../errors.ts'
import type { WorkspaceId } from '../ids.ts'
import type { MediaType } from '../media/file-types.ts'
import { mediaOrNone } from '../media/find.ts'
import { checkSendable } from '../media/sendable.ts'
import type { MediaContent } from './schema.ts'

export interface WantedMedia {
  media_type: MediaType
  media_id: string
  caption?: string | null | undefined
}

export async function mediaToSend(
  deps: Pick<Deps, 'containers'>,
  workspaceId: WorkspaceId,
  { media_type: type, media_id, caption }: WantedMedia,
): Promise<MediaContent> {
  const media = await mediaOrNone(deps, workspaceId, media_id.toLowerCase())
  if (!media) throw fieldProblem(['body', 'media_id'], 'No media file of this workspace has this id')
  checkSendable(media, type)
  // An empty caption is none.
  const words = caption === undefined || caption === '' ? null : caption
  if (type === 'audio' && words !== null) {
    throw fieldProblem(['body', 'caption'], 'WhatsApp shows no caption with audio: leave it out, or send a document')
  }
  return { type, media_id: media.id, caption: words }
}
