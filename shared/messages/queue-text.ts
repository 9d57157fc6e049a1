/** Sends a text: possible while the service window is open. */
import type { WorkspaceId } from '../ids.ts'
import { findRoute, queueMessage, type QueueDeps, type WantedRoute } from './queue-message.ts'
import type { OutboundMessage } from './schema.ts'

export async function queueText(
  deps: QueueDeps,
  workspaceId: WorkspaceId,
  { text, ...wanted }: WantedRoute & { text: string },
): Promise<OutboundMessage> {
  const route = await findRoute(deps, workspaceId, wanted)
  return queueMessage(deps, route, 'windowed', { type: 'text', text })
}
