/** GET /api/workspaces/{workspace_id} */
import * as z from 'zod'
import { endpoint } from '../../shared/http/endpoint.ts'
import { WorkspaceResponse, workspaceResponse } from '../../shared/workspaces/api.ts'
import { findWorkspace } from '../../shared/workspaces/find.ts'

export const getWorkspaceEndpoint = endpoint({
  name: 'workspaces-get',
  summary: 'One workspace; its secrets only for OWNER and ADMIN',
  method: 'GET',
  path: 'api/workspaces/{workspace_id}',
  allow: 'member',
  params: z.object({ workspace_id: z.uuid() }),
  responses: { 200: WorkspaceResponse },
  errors: ['workspace_not_found'],
  async handle({ workspaceId, role }, deps) {
    const workspace = await findWorkspace(deps, workspaceId)
    return { status: 200, body: workspaceResponse(deps, workspace, role) }
  },
})
