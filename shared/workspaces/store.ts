/** Workspaces in Cosmos DB, in their own partition of `core`. */
import type { Stored } from '../azure/cosmos.ts'
import { listNewestFirst } from '../azure/newest-first.ts'
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import type { WorkspaceId } from '../ids.ts'
import { Workspace, type Member } from './schema.ts'

export function workspaceStore({ core }: Pick<Deps['containers'], 'core'>) {
  const findAny = (workspaceId: WorkspaceId): Promise<Stored<Workspace> | undefined> =>
    core.read(workspaceId, workspaceId, (document) => Workspace.parse(document))
  const find = async (workspaceId: WorkspaceId): Promise<Stored<Workspace> | undefined> => {
    const stored = await findAny(workspaceId)
    return stored?.value.deleted_at === undefined ? stored : undefined
  }

  return {
    /** A deleted workspace is not found. */
    find,

    /** As `find`; throws `workspace_not_found`. */
    async get(workspaceId: WorkspaceId): Promise<Stored<Workspace>> {
      const stored = await find(workspaceId)
      if (!stored) throw new AppError('workspace_not_found', 'This workspace does not exist')
      return stored
    },

    /** Deleted ones too. */
    findAny,

    /** Those that are not deleted, newest first, in one request. It goes to the partitions of `ids` (≤ 200) and no other. */
    async findMany(ids: readonly WorkspaceId[]): Promise<Workspace[]> {
      const page = { limit: ids.length, offset: 0 }
      const where = { text: 'NOT IS_DEFINED(c.deleted_at)', parameters: {} }
      const list = { container: core, partitions: ids, equal: { type: 'workspace' }, where, page }
      const parse = (document: unknown): Workspace => Workspace.parse(document)
      return (await listNewestFirst({ ...list, countOnlyIfNeeded: true }, parse)).items
    },

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
