/** Imports in Cosmos DB, in their workspace's partition of `core`, written only over the version that was read. */
import type { Stored } from '../azure/cosmos.ts'
import { listNewestFirst } from '../azure/newest-first.ts'
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import type { Listed, Page } from '../http/paging.ts'
import { isIdOf, type WorkspaceId } from '../ids.ts'
import { NOT_FOUND_WORDS } from '../workspaces/membership.ts'
import { Import, UNFINISHED } from './schema.ts'

export function importStore({ core }: Pick<Deps['containers'], 'core'>) {
  const parse = (document: unknown): Import => Import.parse(document)
  const find = async (workspaceId: WorkspaceId, id: string): Promise<Stored<Import> | undefined> =>
    isIdOf('import', workspaceId, id) ? core.read(id, workspaceId, parse) : undefined
  return {
    find,

    /** As `find`; throws `import_not_found`. */
    async get(workspaceId: WorkspaceId, id: string): Promise<Stored<Import>> {
      const stored = await find(workspaceId, id)
      if (!stored) throw new AppError('import_not_found', NOT_FOUND_WORDS)
      return stored
    },

    list: (workspaceId: WorkspaceId, page: Page): Promise<Listed<Import>> =>
      listNewestFirst({ container: core, partitions: [workspaceId], equal: { type: 'import' }, page }, parse),

    create: (job: Import): Promise<Stored<Import>> => core.create(job, job.workspace_id),

    replace: (stored: Stored<Import>, job: Import): Promise<Stored<Import>> =>
      core.replace(stored, job, job.workspace_id),

    /** Those of all workspaces that have not come on since `at`. */
    silentSince: (at: Date): Promise<Pick<Import, 'id' | 'workspace_id'>[]> =>
      // Every partition: once a minute, for the sweeper, over the few that are unfinished.
      core.query(
        {
          text:
            'SELECT c.id, c.workspace_id FROM c WHERE c.type = @type AND ARRAY_CONTAINS(@unfinished, c.status) ' +
            'AND c.updated_at < @at',
          parameters: { type: 'import', unfinished: UNFINISHED, at: at.toISOString() },
        },
        (row) => Silent.parse(row),
      ),
  }
}

const Silent = Import.pick({ id: true, workspace_id: true })
