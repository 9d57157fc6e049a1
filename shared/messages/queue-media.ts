/** Sends an uploaded file: possible while the service window is open, as what WhatsApp delivers of it. */
import { fieldProblem } from '../errors.ts'
import type { WorkspaceId } from '../ids.ts'
import type { MediaType } from '../media/file-types.ts'
import { mediaOrNone } from '../media/find.ts'
import { checkSendable } from '../media/sendable.ts'
import { findRoute, queueMessage, type QueueDeps, type WantedRoute } from './queue-message.ts'
import type { OutboundMessage } from './schema.ts'

export interface MediaToSend extends WantedRoute {
  media_type: MediaType
  media_id: string
  caption?: string | null | undefined
}

export async function queueMedia(
  deps: QueueDeps,
  workspaceId: WorkspaceId,
  { media_type: type, media_id, caption, ...wanted }: MediaToSend,
): Promise<OutboundMessage> {
  const route = await findRoute(deps, workspaceId, wanted)
  const media = await mediaOrNone(deps, workspaceId, media_id.toLowerCase())
  if (!media) throw fieldProblem(['body', 'media_id'], 'No media file of this workspace has this id')
  checkSendable(media, type)
  // An empty caption is none.
  const words = caption === undefined || caption === '' ? null : caption
  if (type === 'audio' && words !== null) {
    throw fieldProblem(['body', 'caption'], 'WhatsApp shows no caption with audio: leave it out, or send a document')
  }
  return queueMessage(deps, route, 'windowed', { type, media_id: media.id, caption: words })
}
