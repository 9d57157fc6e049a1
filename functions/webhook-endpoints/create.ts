/** POST /api/workspaces/{workspace_id}/webhook-endpoints */
import { endpoint } from '../../shared/http/endpoint.ts'
import {
  EndpointsPath,
  WebhookEndpointCreate,
  WebhookEndpointResponse,
  endpointResponse,
} from '../../shared/webhook-endpoints/api.ts'
import { createEndpoint } from '../../shared/webhook-endpoints/create.ts'

export const createWebhookEndpointEndpoint = endpoint({
  name: 'webhook-endpoints-create',
  summary: 'Let an address of your own be told what happens',
  description: 'Each event is a signed POST. A workspace can have ten endpoints.',
  method: 'POST',
  path: 'api/workspaces/{workspace_id}/webhook-endpoints',
  allow: 'admin',
  idempotent: true,
  params: EndpointsPath,
  body: WebhookEndpointCreate,
  responses: { 201: WebhookEndpointResponse },
  errors: ['webhook_endpoint_limit'],
  async handle({ workspaceId, body }, deps) {
    return { status: 201, body: endpointResponse(workspaceId, await createEndpoint(deps, workspaceId, body)) }
  },
})
