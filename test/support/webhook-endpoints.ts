/** Webhook endpoints and deliveries made through the product's own verbs. */
import type { Deps } from '../../shared/deps.ts'
import type { WorkspaceId } from '../../shared/ids.ts'
import { createEndpoint, type NewEndpoint } from '../../shared/webhook-endpoints/create.ts'
import { sendTestEvent } from '../../shared/webhook-endpoints/redeliver.ts'
import type { WebhookEndpoint } from '../../shared/webhook-endpoints/schema.ts'

/** Nobody listens there. */
export const NOBODYS_URL = 'http://127.0.0.1:9/hooks'

export function anEndpoint(
  deps: Deps,
  workspaceId: WorkspaceId,
  changes: Partial<NewEndpoint> = {},
): Promise<WebhookEndpoint> {
  return createEndpoint(deps, workspaceId, { url: NOBODYS_URL, description: '', events: null, ...changes })
}

/** The ids of an endpoint and of a delivery to it. */
export async function anEndpointWithDelivery(
  deps: Deps,
  workspaceId: WorkspaceId,
): Promise<{ endpoint_id: string; delivery_id: string }> {
  const { id } = await anEndpoint(deps, workspaceId)
  return { endpoint_id: id, delivery_id: (await sendTestEvent(deps, workspaceId, id)).id }
}
