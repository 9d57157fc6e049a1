/** POST /api/workspaces/{workspace_id}/webhook-endpoints/{endpoint_id}/test */
import { endpoint } from '../../shared/http/endpoint.ts'
import { EndpointPath, WebhookDeliveryResponse } from '../../shared/webhook-endpoints/api.ts'
import { sendTestEvent } from '../../shared/webhook-endpoints/redeliver.ts'

export const testWebhookEndpointEndpoint = endpoint({
  name: 'webhook-endpoints-test',
  summary: 'Send an event that only shows whether a webhook endpoint works',
  description: 'Its type is `endpoint.test`, and it comes whatever the endpoint listens to.',
  method: 'POST',
  path: 'api/workspaces/{workspace_id}/webhook-endpoints/{endpoint_id}/test',
  allow: 'admin',
  params: EndpointPath,
  responses: { 202: WebhookDeliveryResponse },
  errors: ['webhook_endpoint_not_found', 'webhook_endpoint_disabled', 'delivery_not_found'],
  async handle({ workspaceId, params }, deps) {
    return { status: 202, body: await sendTestEvent(deps, workspaceId, params.endpoint_id) }
  },
})
