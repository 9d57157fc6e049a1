/** Where path and body both may name the workspace: the body may leave it out, but not name another one. */
import { fieldProblem } from '../errors.ts'
import type { WorkspaceId } from '../ids.ts'

export function checkSameWorkspace(workspaceId: WorkspaceId, inBody: string | undefined): void {
  if (inBody === undefined || inBody.toLowerCase() === workspaceId) return
  throw fieldProblem(['body', 'workspace_id'], 'Input should be the workspace of the path, or left out')
}
