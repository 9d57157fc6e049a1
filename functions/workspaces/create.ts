/** POST /api/workspaces */
import { endpoint } from '../../shared/http/endpoint.ts'
import { WorkspaceCreate, WorkspaceResponse, workspaceResponse } from '../../shared/workspaces/api.ts'
import { createWorkspace } from '../../shared/workspaces/create.ts'

export const createWorkspaceEndpoint = endpoint({
  name: 'workspaces-create',
  summary: 'Make a workspace and become its owner',
  method: 'POST',
  path: 'api/workspaces',
  allow: 'user',
  idempotent: true,
  body: WorkspaceCreate,
  responses: { 200: WorkspaceResponse },
  errors: ['forbidden', 'workspace_conflict'],
  async handle({ caller, body }, deps) {
    const workspace = await createWorkspace(deps, caller, body)
    return { status: 200, body: workspaceResponse(deps, workspace, 'OWNER') }
  },
})
