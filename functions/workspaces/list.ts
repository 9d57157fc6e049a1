/** GET /api/workspaces */
import * as z from 'zod'
import { endpoint } from '../../shared/http/endpoint.ts'
import { WorkspaceListResponse, workspaceListItem } from '../../shared/workspaces/api.ts'
import { workspacesOf } from '../../shared/workspaces/find.ts'

export const listWorkspacesEndpoint = endpoint({
  name: 'workspaces-list',
  summary: 'All workspaces the caller belongs to, newest first',
  method: 'GET',
  path: 'api/workspaces',
  allow: 'user',
  responses: { 200: z.array(WorkspaceListResponse) },
  async handle({ caller }, deps) {
    const workspaces = await workspacesOf(deps, caller)
    return { status: 200, body: workspaces.map(workspaceListItem) }
  },
})
