/** DELETE /api/workspaces/{workspace_id}/webhook-endpoints/{endpoint_id} */
import { endpoint } from '../../shared/http/endpoint.ts'
import { EndpointPath } from '../../shared/webhook-endpoints/api.ts'
import { deleteEndpoint } from '../../shared/webhook-endpoints/delete.ts'

export const deleteWebhookEndpointEndpoint = endpoint({
  name: 'webhook-endpoints-delete',
  summary: 'Remove a webhook endpoint; what was on its way is not sent any more',
  method: 'DELETE',
  path: 'api/workspaces/{workspace_id}/webhook-endpoints/{endpoint_id}',
  allow: 'admin',
  params: EndpointPath,
  responses: { 204: null },
  errors: ['webhook_endpoint_not_found'],
  async handle({ workspaceId, params }, deps) {
    await deleteEndpoint(deps, workspaceId, params.endpoint_id)
    return { status: 204 }
  },
})
