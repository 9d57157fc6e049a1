/** GET …/webhook-endpoints/{endpoint_id}/deliveries and …/{delivery_id}, POST …/{delivery_id}/redeliver */
import { endpoint } from '../../shared/http/endpoint.ts'
import { listBody, toPage } from '../../shared/http/paging.ts'
import {
  DeliveryPath,
  DeliveryQuery,
  EndpointPath,
  WebhookDeliveryDetails,
  WebhookDeliveryList,
  WebhookDeliveryResponse,
} from '../../shared/webhook-endpoints/api.ts'
import { findDelivery, listDeliveries } from '../../shared/webhook-endpoints/find.ts'
import { redeliver } from '../../shared/webhook-endpoints/redeliver.ts'

const DELIVERIES = 'api/workspaces/{workspace_id}/webhook-endpoints/{endpoint_id}/deliveries'

export const listDeliveriesEndpoint = endpoint({
  name: 'webhook-endpoints-deliveries',
  summary: 'What was sent to a webhook endpoint, newest first',
  description: 'A delivery is kept for 14 days after its last attempt.',
  method: 'GET',
  path: DELIVERIES,
  allow: 'admin',
  params: EndpointPath,
  query: DeliveryQuery,
  responses: { 200: WebhookDeliveryList },
  errors: ['webhook_endpoint_not_found'],
  async handle({ workspaceId, params, query }, deps) {
    const page = toPage(query)
    const listed = await listDeliveries(deps, workspaceId, params.endpoint_id, { ...query, page })
    return { status: 200, body: listBody(listed, page, (delivery) => delivery) }
  },
})

export const getDeliveryEndpoint = endpoint({
  name: 'webhook-endpoints-delivery',
  summary: 'One delivery, with what was sent',
  method: 'GET',
  path: `${DELIVERIES}/{delivery_id}`,
  allow: 'admin',
  params: DeliveryPath,
  responses: { 200: WebhookDeliveryDetails },
  errors: ['webhook_endpoint_not_found', 'delivery_not_found'],
  async handle({ workspaceId, params }, deps) {
    const { delivery } = await findDelivery(deps, workspaceId, params.endpoint_id, params.delivery_id)
    return { status: 200, body: delivery }
  },
})

export const redeliverEndpoint = endpoint({
  name: 'webhook-endpoints-redeliver',
  summary: 'Send a delivery once more, with the same id and body',
  description: 'At once, whatever became of it before. The answer shows it as it was until then.',
  method: 'POST',
  path: `${DELIVERIES}/{delivery_id}/redeliver`,
  allow: 'admin',
  params: DeliveryPath,
  responses: { 202: WebhookDeliveryResponse },
  errors: ['webhook_endpoint_not_found', 'delivery_not_found', 'webhook_endpoint_disabled'],
  async handle({ workspaceId, params }, deps) {
    const delivery = await redeliver(deps, workspaceId, params.endpoint_id, params.delivery_id)
    return { status: 202, body: delivery }
  },
})
