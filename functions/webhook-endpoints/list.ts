/** GET /api/workspaces/{workspace_id}/webhook-endpoints and …/{endpoint_id} */
import { endpoint } from '../../shared/http/endpoint.ts'
import {
  EndpointPath,
  EndpointsPath,
  WebhookEndpointList,
  WebhookEndpointResponse,
  endpointResponse,
} from '../../shared/webhook-endpoints/api.ts'
import { findEndpoint, listEndpoints } from '../../shared/webhook-endpoints/find.ts'

export const listWebhookEndpointsEndpoint = endpoint({
  name: 'webhook-endpoints-list',
  summary: 'All webhook endpoints of a workspace',
  method: 'GET',
  path: 'api/workspaces/{workspace_id}/webhook-endpoints',
  allow: 'admin',
  params: EndpointsPath,
  responses: { 200: WebhookEndpointList },
  async handle({ workspaceId }, deps) {
    const endpoints = await listEndpoints(deps, workspaceId)
    return { status: 200, body: { data: endpoints.map((one) => endpointResponse(workspaceId, one)) } }
  },
})

export const getWebhookEndpointEndpoint = endpoint({
  name: 'webhook-endpoints-get',
  summary: 'One webhook endpoint, and how it fares',
  method: 'GET',
  path: 'api/workspaces/{workspace_id}/webhook-endpoints/{endpoint_id}',
  allow: 'admin',
  params: EndpointPath,
  responses: { 200: WebhookEndpointResponse },
  errors: ['webhook_endpoint_not_found'],
  async handle({ workspaceId, params }, deps) {
    const found = await findEndpoint(deps, workspaceId, params.endpoint_id)
    return { status: 200, body: endpointResponse(workspaceId, found) }
  },
})
