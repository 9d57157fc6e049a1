/** Segments in Cosmos DB, in their workspace's partition of `core`. */
import type { Stored } from '../azure/cosmos.ts'
import { listNewestFirst } from '../azure/newest-first.ts'
import type { Deps } from '../deps.ts'
import type { Listed, Page } from '../http/paging.ts'
import { isIdOf, type WorkspaceId } from '../ids.ts'
import { Segment } from './schema.ts'

export function segmentStore({ core }: Pick<Deps['containers'], 'core'>) {
  const parse = (document: unknown): Segment => Segment.parse(document)
  return {
    async find(workspaceId: WorkspaceId, anyCaseId: string): Promise<Stored<Segment> | undefined> {
      const id = anyCaseId.toLowerCase()
      return isIdOf('segment', workspaceId, id) ? core.read(id, workspaceId, parse) : undefined
    },
    list: (workspaceId: WorkspaceId, page: Page): Promise<Listed<Segment>> =>
      listNewestFirst(
        { container: core, partitions: [workspaceId], equal: { type: 'segment' }, page, countOnlyIfNeeded: true },
        parse,
      ),
    create: (segment: Segment) => core.create(segment, segment.workspace_id),
    replace: (stored: Stored<Segment>, segment: Segment) => core.replace(stored, segment, segment.workspace_id),
    remove: ({ value, etag }: Stored<Segment>) => core.remove(value.id, value.workspace_id, etag),
  }
}
