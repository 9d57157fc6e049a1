/** Sends an uploaded file: possible while the service window is open, as what WhatsApp delivers of it. */
import type { WorkspaceId } from '../ids.ts'
import { mediaToSend, type WantedMedia } from './media-to-send.ts'
import { queuedOnce } from './queue-in-place.ts'
import { findRoute, queueMessage, type SendDeps, type WantedRoute } from './queue-message.ts'
import type { OutboundMessage } from './schema.ts'

export type MediaToSend = WantedRoute & WantedMedia

export function queueMedia(deps: SendDeps, workspaceId: WorkspaceId, wanted: MediaToSend): Promise<OutboundMessage> {
  return queuedOnce(deps, workspaceId, async () => {
    const route = await findRoute(deps, workspaceId, wanted)
    return queueMessage(deps, route, 'windowed', await mediaToSend(deps, workspaceId, wanted))
  })
}
