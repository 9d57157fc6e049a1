/** PATCH /api/workspaces/{workspace_id} */
import * as z from 'zod'
import { endpoint } from '../../shared/http/endpoint.ts'
import { WorkspaceResponse, WorkspaceUpdate, workspaceResponse } from '../../shared/workspaces/api.ts'
import { updateWorkspace } from '../../shared/workspaces/update.ts'

export const updateWorkspaceEndpoint = endpoint({
  name: 'workspaces-update',
  summary: 'Change name, plan (OWNER only), status or settings; settings are merged, null removes one',
  method: 'PATCH',
  path: 'api/workspaces/{workspace_id}',
  allow: 'admin',
  params: z.object({ workspace_id: z.uuid() }),
  body: WorkspaceUpdate,
  responses: { 200: WorkspaceResponse },
  errors: ['workspace_not_found', 'workspace_suspended'],
  async handle({ workspaceId, role, body }, deps) {
    const workspace = await updateWorkspace(deps, workspaceId, role, body)
    return { status: 200, body: workspaceResponse(deps, workspace, role) }
  },
})
