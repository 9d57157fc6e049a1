/** POST /api/workspaces/{workspace_id}/rotate-api-key and …/rotate-webhook-secret */
import * as z from 'zod'
import { endpoint } from '../../shared/http/endpoint.ts'
import { WorkspaceResponse, workspaceResponse } from '../../shared/workspaces/api.ts'
import { rotateSecret } from '../../shared/workspaces/rotate.ts'
import type { SecretName } from '../../shared/workspaces/secrets.ts'

export const rotateApiKeyEndpoint = rotating(
  'api_key',
  'rotate-api-key',
  'Get a new API key; the old one stops at once',
)
export const rotateWebhookSecretEndpoint = rotating(
  'webhook_secret',
  'rotate-webhook-secret',
  'Get a new webhook secret; the old one stops at once',
)

function rotating(secret: SecretName, action: string, summary: string) {
  return endpoint({
    name: `workspaces-${action}`,
    summary,
    method: 'POST',
    path: `api/workspaces/{workspace_id}/${action}`,
    allow: 'admin',
    params: z.object({ workspace_id: z.uuid() }),
    responses: { 200: WorkspaceResponse },
    errors: ['workspace_not_found'],
    async handle({ workspaceId, role }, deps) {
      const workspace = await rotateSecret(deps, workspaceId, secret)
      return { status: 200, body: workspaceResponse(deps, workspace, role) }
    },
  })
}
