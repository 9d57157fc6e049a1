/** Sends an uploaded file: possible while the service window is open, as what WhatsApp delivers of it. */
import type { WorkspaceId } from '../ids.ts'
import { mediaToSend, type WantedMedia } from './media-to-send.ts'
import { findRoute, queueMessage, type QueueDeps, type WantedRoute } from './queue-message.ts'
import type { OutboundMessage } from './schema.ts'

export type MediaToSend = WantedRoute & WantedMedia

export async function queueMedia(
  deps: QueueDeps,
  workspaceId: WorkspaceId,
  wanted: MediaToSend,
): Promise<OutboundMessage> {
  const route = await findRoute(deps, workspaceId, wanted)
  return queueMessage(deps, route, 'windowed', await mediaToSend(deps, workspaceId, wanted))
}
