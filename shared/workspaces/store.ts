/** Workspaces in Cosmos DB, in their own partition of `core`. */
import type { Stored } from '../azure/cosmos.ts'
import type { Deps } from '../deps.ts'
import type { WorkspaceId } from '../ids.ts'
import { Workspace, type Member } from './schema.ts'

export function workspaceStore({ core }: Pick<Deps['containers'], 'core'>) {
  const findAny = (workspaceId: WorkspaceId): Promise<Stored<Workspace> | undefined> =>
    core.read(workspaceId, workspaceId, (document) => Workspace.parse(document))
  return {
    /** A deleted workspace is not found. */
    async find(workspaceId: WorkspaceId): Promise<Stored<Workspace> | undefined> {
      const stored = await findAny(workspaceId)
      return stored?.value.deleted_at === undefined ? stored : undefined
    },

    /** Deleted ones too. */
    findAny,

    /** Both or none. */
    async create(workspace: Workspace, owner: Member): Promise<void> {
      const documents = [workspace, owner]
      await core.batch(
        documents.map((document) => ({ kind: 'create', document })),
        workspace.id,
      )
    },

    replace(stored: Stored<Workspace>, workspace: Workspace): Promise<Stored<Workspace>> {
      return core.replace(stored, workspace, workspace.id)
    },
  }
}
