/** Reads workspaces: one whose membership was checked, or all that a caller belongs to. */
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import type { WorkspaceId } from '../ids.ts'
import type { Caller, Role } from './membership.ts'
import type { Workspace, WorkspaceStatus } from './schema.ts'
import { workspaceStore } from './store.ts'

export async function findWorkspace(
  { containers }: Pick<Deps, 'containers'>,
  workspaceId: WorkspaceId,
): Promise<Workspace> {
  return (await workspaceStore(containers).get(workspaceId)).value
}

/** For work that goes on by itself. One point read. */
export async function isDeletedWorkspace(
  { containers }: Pick<Deps, 'containers'>,
  workspaceId: WorkspaceId,
): Promise<boolean> {
  return (await workspaceStore(containers).findAny(workspaceId))?.value.deleted_at !== undefined
}

/** Throws `workspace_suspended` where the workspace may read but not send. One point read. */
export async function checkMaySend({ containers }: Pick<Deps, 'containers'>, workspaceId: WorkspaceId): Promise<void> {
  // A deleted one is cancelled.
  checkSends((await workspaceStore(containers).findAny(workspaceId))?.value.status ?? 'active')
}

/** As `checkMaySend`, for who has read the workspace. */
export function checkSends(status: WorkspaceStatus): void {
  if (status === 'active') return
  const cure = status === 'suspended' ? 'whoever runs this server can lift that' : 'set its status to active first'
  throw new AppError('workspace_suspended', `This workspace is ${status} and cannot send: ${cure}`)
}

/** Newest first. */
export async function workspacesOf(
  { containers }: Pick<Deps, 'containers'>,
  { memberships }: Pick<Caller, 'memberships'>,
): Promise<{ workspace: Workspace; role: Role }[]> {
  const roles = new Map(memberships.map(({ workspaceId, role }) => [workspaceId, role]))
  const workspaces = await workspaceStore(containers).findMany([...roles.keys()])
  return workspaces.flatMap((workspace) => {
    const role = roles.get(workspace.id)
    return role ? [{ workspace, role }] : []
  })
}
