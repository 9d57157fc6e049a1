/** One page of a workspace's contacts, newest first. */
import { z } from 'zod'
import type { Deps } from '../deps.ts'
import { fieldProblem } from '../errors.ts'
import type { WorkspaceId } from '../ids.ts'
import { decodeCursor, encodeCursor } from '../http/paging.ts'
import { foldTag } from './fold.ts'
import { MAX_TAGS, type Contact } from './schema.ts'
import { shouldLookInside, type Reach } from './search.ts'
import { contactStore, type ContactFilter, type ContactStore } from './store.ts'

export interface ContactQuery {
  tags?: string | undefined
  tags_match: 'any' | 'all'
  opted_in?: boolean | undefined
  search?: string | undefined
  limit: number
  offset: number
  cursor?: string | undefined
}

export interface ContactPage {
  data: Contact[]
  total: number
  limit: number
  offset: number
  next_cursor: string | null
}

/** A cursor carries the total of the first page, so that no later page counts again, and how far its search reached. */
const Cursor = z.object({
  at: z.string(),
  id: z.string(),
  offset: z.int().min(0),
  total: z.int().min(0),
  reach: z.enum(['edges', 'inside']),
})
type Cursor = z.output<typeof Cursor>

export async function listContacts(
  { containers }: Pick<Deps, 'containers'>,
  workspaceId: WorkspaceId,
  query: ContactQuery,
): Promise<ContactPage> {
  const store = contactStore(containers)
  const cursor = query.cursor === undefined ? undefined : decodeCursor(Cursor, query.cursor)
  const filter = filterOf(query, cursor?.reach ?? 'edges')
  const page = await findPage(store, workspaceId, { filter, query, cursor })
  if (cursor || !filter.search || !shouldLookInside(filter.search, page.total, query.limit)) return page
  return findPage(store, workspaceId, { filter: filterOf(query, 'inside'), query, cursor })
}

interface PageRequest {
  filter: ContactFilter
  query: ContactQuery
  cursor: Cursor | undefined
}

async function findPage(
  store: ContactStore,
  workspaceId: WorkspaceId,
  { filter, query, cursor }: PageRequest,
): Promise<ContactPage> {
  const { limit } = query
  const offset = cursor?.offset ?? query.offset
  const start = cursor ? { after: { createdAt: cursor.at, id: cursor.id }, offset: 0 } : { offset }
  const [found, total] = await Promise.all([
    // One more than asked for tells whether there is a next page.
    store.list(workspaceId, filter, { ...start, limit: limit + 1 }),
    cursor?.total ?? store.count(workspaceId, filter),
  ])
  const data = found.slice(0, limit)
  const last = found.length > limit ? data.at(-1) : undefined
  const reach = filter.search?.reach ?? 'edges'
  return { data, total, limit, offset, next_cursor: last ? cursorAfter(last, offset + limit, total, reach) : null }
}

function cursorAfter(last: Contact, offset: number, total: number, reach: Reach): string {
  const next: Cursor = { at: last.created_at, id: last.id, offset, total, reach }
  return encodeCursor(next)
}

function filterOf({ tags = '', tags_match, opted_in, search = '' }: ContactQuery, reach: Reach): ContactFilter {
  const folded = new Set(tags.split(',').map(foldTag))
  folded.delete('')
  if (folded.size > MAX_TAGS) throw fieldProblem(['query', 'tags'], `Give at most ${MAX_TAGS} tags`)
  return {
    tags: [...folded],
    tagsMatch: tags_match,
    optedIn: opted_in,
    search: search.trim() === '' ? undefined : { term: search.trim(), reach },
  }
}
