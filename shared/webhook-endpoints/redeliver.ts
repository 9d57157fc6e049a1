/** Deliveries that a person asks for: one that was made before, and one that only shows whether an endpoint works. */
import type { Deps } from '../deps.ts'
import { newUuid, type WorkspaceId } from '../ids.ts'
import { checkEnabled, findDelivery, findEndpoint } from './find.ts'
import { startDelivery } from './publish.ts'
import type { Delivery } from './schema.ts'

type RedeliverDeps = Pick<Deps, 'containers' | 'queues' | 'now'>

/** Another attempt at once, with the same id and body; if it fails, the schedule begins anew. */
export async function redeliver(
  deps: RedeliverDeps,
  workspaceId: WorkspaceId,
  endpointId: string,
  deliveryId: string,
): Promise<Delivery> {
  const { endpoint, delivery } = await findDelivery(deps, workspaceId, endpointId, deliveryId)
  checkEnabled(endpoint)
  await deps.queues.send('endpoint-deliveries', {
    workspace_id: workspaceId,
    endpoint_id: endpointId,
    delivery_id: deliveryId,
    attempt: delivery.attempts,
    again: true,
  })
  return delivery
}

export async function sendTestEvent(
  deps: RedeliverDeps,
  workspaceId: WorkspaceId,
  endpointId: string,
): Promise<Delivery> {
  checkEnabled(await findEndpoint(deps, workspaceId, endpointId))
  const event = {
    id: newUuid(),
    type: 'endpoint.test' as const,
    timestamp: deps.now().toISOString(),
    data: { endpoint_id: endpointId },
  }
  const deliveryId = await startDelivery(deps, workspaceId, endpointId, event)
  return (await findDelivery(deps, workspaceId, endpointId, deliveryId)).delivery
}
