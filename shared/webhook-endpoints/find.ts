/** Finds an endpoint of a workspace, or a delivery to one. */
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import type { Listed, Page } from '../http/paging.ts'
import type { WorkspaceId } from '../ids.ts'
import { NOT_FOUND_WORDS } from '../workspaces/membership.ts'
import type { Delivery, WebhookEndpoint } from './schema.ts'
import { deliveryStore, endpointStore, type DeliveryFilter } from './store.ts'

/** In the order they were made. */
export function listEndpoints({ containers }: Pick<Deps, 'containers'>, workspaceId: WorkspaceId) {
  return endpointStore(containers).list(workspaceId)
}

/** Throws `webhook_endpoint_not_found`. */
export async function findEndpoint(
  { containers }: Pick<Deps, 'containers'>,
  workspaceId: WorkspaceId,
  endpointId: string,
): Promise<WebhookEndpoint> {
  return endpointIn(await endpointStore(containers).list(workspaceId), endpointId)
}

/** Throws `webhook_endpoint_not_found`. */
export function endpointIn(endpoints: readonly WebhookEndpoint[], endpointId: string): WebhookEndpoint {
  const endpoint = endpoints.find(({ id }) => id === endpointId)
  if (!endpoint) throw new AppError('webhook_endpoint_not_found', NOT_FOUND_WORDS)
  return endpoint
}

/** Newest first. Throws `webhook_endpoint_not_found`. */
export async function listDeliveries(
  { containers }: Pick<Deps, 'containers'>,
  workspaceId: WorkspaceId,
  endpointId: string,
  { page, ...filter }: DeliveryFilter & { page: Page },
): Promise<Listed<Delivery>> {
  await findEndpoint({ containers }, workspaceId, endpointId)
  return deliveryStore(containers).list(workspaceId, endpointId, filter, page)
}

/** Throws `webhook_endpoint_not_found` or `delivery_not_found`. */
export async function findDelivery(
  { containers }: Pick<Deps, 'containers'>,
  workspaceId: WorkspaceId,
  endpointId: string,
  deliveryId: string,
): Promise<{ endpoint: WebhookEndpoint; delivery: Delivery }> {
  const [endpoint, stored] = await Promise.all([
    findEndpoint({ containers }, workspaceId, endpointId),
    deliveryStore(containers).find(workspaceId, endpointId, deliveryId),
  ])
  if (!stored) throw new AppError('delivery_not_found', NOT_FOUND_WORDS)
  return { endpoint, delivery: stored.value }
}

/** Throws `webhook_endpoint_disabled`. */
export function checkEnabled({ disabled }: WebhookEndpoint): void {
  if (disabled === undefined) return
  throw new AppError(
    'webhook_endpoint_disabled',
    `Nothing is sent to this endpoint: ${disabled.reason}. Enable it first`,
  )
}
