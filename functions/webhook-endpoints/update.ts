/** PATCH /api/workspaces/{workspace_id}/webhook-endpoints/{endpoint_id} */
import { endpoint } from '../../shared/http/endpoint.ts'
import {
  EndpointPath,
  WebhookEndpointResponse,
  WebhookEndpointUpdate,
  endpointResponse,
} from '../../shared/webhook-endpoints/api.ts'
import { updateEndpoint } from '../../shared/webhook-endpoints/update.ts'

export const updateWebhookEndpointEndpoint = endpoint({
  name: 'webhook-endpoints-update',
  summary: 'Change a webhook endpoint, disable it or enable it again',
  method: 'PATCH',
  path: 'api/workspaces/{workspace_id}/webhook-endpoints/{endpoint_id}',
  allow: 'admin',
  params: EndpointPath,
  body: WebhookEndpointUpdate,
  responses: { 200: WebhookEndpointResponse },
  errors: ['webhook_endpoint_not_found'],
  async handle({ workspaceId, params, body }, deps) {
    const changed = await updateEndpoint(deps, workspaceId, params.endpoint_id, body)
    return { status: 200, body: endpointResponse(workspaceId, changed) }
  },
})
