/** Media files in Cosmos DB, in their workspace's partition of `core`. */
import type { Stored } from '../azure/cosmos.ts'
import { listNewestFirst } from '../azure/newest-first.ts'
import type { Deps } from '../deps.ts'
import type { Listed, Page } from '../http/paging.ts'
import { isIdOf, type WorkspaceId } from '../ids.ts'
import type { MediaType } from './file-types.ts'
import { Media } from './schema.ts'

export function mediaStore({ core }: Pick<Deps['containers'], 'core'>) {
  const parse = (document: unknown): Media => Media.parse(document)
  const findAny = async (workspaceId: WorkspaceId, anyCaseId: string): Promise<Stored<Media> | undefined> => {
    const id = anyCaseId.toLowerCase()
    return isIdOf('media', workspaceId, id) ? core.read(id, workspaceId, parse) : undefined
  }
  return {
    /** A deleted one, too. */
    findAny,

    /** A deleted one is not found. */
    async find(workspaceId: WorkspaceId, id: string): Promise<Stored<Media> | undefined> {
      const stored = await findAny(workspaceId, id)
      return stored?.value.deleted_at === undefined ? stored : undefined
    },

    list(workspaceId: WorkspaceId, kind: MediaType | undefined, page: Page): Promise<Listed<Media>> {
      const equal = { type: 'media', kind }
      const where = { text: 'NOT IS_DEFINED(c.deleted_at)', parameters: {} }
      return listNewestFirst({ container: core, partitions: [workspaceId], equal, where, page }, parse)
    },

    create(media: Media): Promise<Stored<Media>> {
      return core.create(media, media.workspace_id)
    },

    replace(stored: Stored<Media>, media: Media): Promise<Stored<Media>> {
      return core.replace(stored, media, media.workspace_id)
    },
  }
}
