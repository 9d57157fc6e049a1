/** DELETE /api/workspaces/{workspace_id} */
import * as z from 'zod'
import { endpoint } from '../../shared/http/endpoint.ts'
import { deleteWorkspace } from '../../shared/workspaces/delete.ts'

export const deleteWorkspaceEndpoint = endpoint({
  name: 'workspaces-delete',
  summary: 'Delete a workspace with everything in it',
  description:
    'It is gone for all members at once, and its API key is refused. Running campaigns are cancelled, and its phone ' +
    'numbers can be connected elsewhere.',
  method: 'DELETE',
  path: 'api/workspaces/{workspace_id}',
  allow: 'owner',
  params: z.object({ workspace_id: z.uuid() }),
  responses: { 204: null },
  errors: ['workspace_not_found'],
  async handle({ workspaceId }, deps) {
    await deleteWorkspace(deps, workspaceId)
    return { status: 204 }
  },
})
