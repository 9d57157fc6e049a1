/** Sends a text: possible while the service window is open. */
import type { WorkspaceId } from '../ids.ts'
import { queuedOnce } from './queue-in-place.ts'
import { findRoute, queueMessage, type SendDeps, type WantedRoute } from './queue-message.ts'
import type { OutboundMessage } from './schema.ts'

export function queueText(
  deps: SendDeps,
  workspaceId: WorkspaceId,
  { text, ...wanted }: WantedRoute & { text: string },
): Promise<OutboundMessage> {
  return queuedOnce(deps, workspaceId, async () => {
    const route = await findRoute(deps, workspaceId, wanted)
    return queueMessage(deps, route, 'windowed', { type: 'text', text })
  })
}
