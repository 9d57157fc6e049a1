/** One page of a workspace's contacts, newest first. */
import * as z from 'zod'
import type { Deps } from '../deps.ts'
import { fieldProblem } from '../errors.ts'
import type { WorkspaceId } from '../ids.ts'
import { decodeCursor, encodeCursor } from '../http/paging.ts'
import { wellFormedText } from '../http/text.ts'
import { segmentOrNone } from '../segments/find.ts'
import type { ConsentState } from './consent.ts'
import type { ContactFilter } from './filter.ts'
import { foldTag } from './fold.ts'
import { MAX_TAGS, type Contact } from './schema.ts'
import { shouldLookInside, type Reach } from './search.ts'
import { contactStore, type ContactStore } from './store.ts'
import { tagsInQuery } from './tag-list.ts'

export interface FilterQuery {
  /** Of a segment. */
  segment?: string | undefined
  tags?: string | undefined
  tags_match: 'any' | 'all'
  opted_in?: boolean | undefined
  consent?: ConsentState | undefined
  search?: string | undefined
}

export interface ContactQuery extends FilterQuery {
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
  at: wellFormedText,
  id: wellFormedText,
  offset: z.int().min(0),
  total: z.int().min(0),
  reach: z.enum(['edges', 'inside']),
})
type Cursor = z.output<typeof Cursor>

/** At most two requests, whatever is asked for, and one for the segment if there is one. */
export async function listContacts(
  { containers }: Pick<Deps, 'containers'>,
  workspaceId: WorkspaceId,
  query: ContactQuery,
): Promise<ContactPage> {
  const segment = await segmentOf({ containers }, workspaceId, query)
  const ask = { store: contactStore(containers), workspaceId, query, segment }
  if (query.cursor !== undefined) return nextPage(ask, decodeCursor(Cursor, query.cursor))
  return (query.search ?? '').trim() === '' ? firstPage(ask) : searchPage(ask)
}

interface Ask {
  store: ContactStore
  workspaceId: WorkspaceId
  query: ContactQuery
  /** Its filter, or none. */
  segment: ContactFilter[]
}

async function nextPage({ store, workspaceId, query, segment }: Ask, { at, id, offset, total, reach }: Cursor) {
  const after = { createdAt: at, id }
  // One more than asked for tells whether there is a next page.
  const filters = [filterOf(query, reach), ...segment]
  const found = await store.list(workspaceId, filters, { after, offset: 0, limit: query.limit + 1 })
  return pageOf(found.slice(0, Math.max(0, total - offset)), { ...query, offset, total, reach })
}

async function firstPage({ store, workspaceId, query, segment }: Ask): Promise<ContactPage> {
  const filters = [filterOf(query, 'edges'), ...segment]
  const [found, total] = await Promise.all([
    store.list(workspaceId, filters, { offset: query.offset, limit: query.limit + 1 }),
    store.count(workspaceId, filters),
  ])
  return pageOf(found, { ...query, total, reach: 'edges' })
}

/**
 * The edges first. Where they give too little, the insides are read up to a bound, in one request that tells their
 * number too: a search that finds more than that is one to be narrowed.
 */
async function searchPage(ask: Ask): Promise<ContactPage> {
  const { store, workspaceId, query, segment } = ask
  const filter = filterOf(query, 'edges')
  const filters = [filter, ...segment]
  const end = query.offset + query.limit
  if (query.offset > MOST_INSIDE) {
    const total = await store.count(workspaceId, filters)
    if (looksInside(filter, total, query)) return insidePage(ask)
    const found = await store.list(workspaceId, filters, { offset: query.offset, limit: query.limit + 1 })
    return pageOf(found, { ...query, total, reach: 'edges' })
  }
  const found = await store.list(workspaceId, filters, { offset: 0, limit: end + 1 })
  const total = found.length > end ? await store.count(workspaceId, filters) : found.length
  if (looksInside(filter, total, query)) return insidePage(ask)
  return pageOf(found.slice(query.offset), { ...query, total, reach: 'edges' })
}

function looksInside({ search }: ContactFilter, total: number, { limit }: ContactQuery): boolean {
  return search !== undefined && shouldLookInside(search, total, limit)
}

const MOST_INSIDE = 500

async function insidePage({ store, workspaceId, query, segment }: Ask): Promise<ContactPage> {
  const filters = [filterOf(query, 'inside'), ...segment]
  const found = await store.list(workspaceId, filters, { offset: 0, limit: MOST_INSIDE })
  return pageOf(found.slice(query.offset), { ...query, total: found.length, reach: 'inside' })
}

interface PagePlace {
  limit: number
  offset: number
  total: number
  reach: Reach
}

/** `found` begins with the page's own contacts; there is a next page if it holds more. */
function pageOf(found: Contact[], { limit, offset, total, reach }: PagePlace): ContactPage {
  const data = found.slice(0, limit)
  const last = found.length > limit ? data.at(-1) : undefined
  return { data, total, limit, offset, next_cursor: last ? cursorAfter(last, offset + limit, total, reach) : null }
}

function cursorAfter(last: Contact, offset: number, total: number, reach: Reach): string {
  const next: Cursor = { at: last.created_at, id: last.id, offset, total, reach }
  return encodeCursor(next)
}

/** The filter of the segment that is asked for, as it is now. Throws 422 where there is none of this id. */
export async function segmentOf(
  deps: Pick<Deps, 'containers'>,
  workspaceId: WorkspaceId,
  { segment: id }: Pick<FilterQuery, 'segment'>,
): Promise<ContactFilter[]> {
  if (id === undefined) return []
  const segment = await segmentOrNone(deps, workspaceId, id)
  if (!segment) throw fieldProblem(['query', 'segment'], NO_SEGMENT)
  return [segment.filter]
}

export const NO_SEGMENT = 'No segment of this workspace has this id'

export function filterOf(
  { tags = '', tags_match, opted_in, consent, search = '' }: FilterQuery,
  reach: Reach,
): ContactFilter {
  const folded = new Set(tagsInQuery(tags).map(foldTag))
  folded.delete('')
  if (folded.size > MAX_TAGS) throw fieldProblem(['query', 'tags'], `Give at most ${MAX_TAGS} tags`)
  return {
    tags: folded.size === 0 ? undefined : [...folded],
    tags_match,
    opted_in,
    consent,
    search: search.trim() === '' ? undefined : { term: search.trim(), reach },
  }
}
