/** One page of a workspace's contacts, newest first. */
import { z } from 'zod'
import type { Deps } from '../deps.ts'
import type { WorkspaceId } from '../ids.ts'
import { decodeCursor, encodeCursor } from '../http/paging.ts'
import { foldTag } from './fold.ts'
import type { Contact } from './schema.ts'
import { contactStore, type ContactFilter } from './store.ts'

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

/** A cursor carries the total of the first page, so that no later page counts again. */
const Cursor = z.object({ at: z.string(), id: z.string(), offset: z.int().min(0), total: z.int().min(0) })

export async function listContacts(
  { containers }: Pick<Deps, 'containers'>,
  workspaceId: WorkspaceId,
  query: ContactQuery,
): Promise<ContactPage> {
  const store = contactStore(containers)
  const filter = filterOf(query)
  const { limit } = query
  const cursor = query.cursor === undefined ? undefined : decodeCursor(Cursor, query.cursor)
  const offset = cursor?.offset ?? query.offset
  // One more than asked for tells whether there is a next page.
  const page = cursor
    ? { after: { createdAt: cursor.at, id: cursor.id }, offset: 0, limit: limit + 1 }
    : { offset, limit: limit + 1 }
  const [found, total] = await Promise.all([
    store.list(workspaceId, filter, page),
    cursor?.total ?? store.count(workspaceId, filter),
  ])
  const data = found.slice(0, limit)
  const last = found.length > limit ? data.at(-1) : undefined
  const next = last && encodeCursor({ at: last.created_at, id: last.id, offset: offset + limit, total })
  return { data, total, limit, offset, next_cursor: next ?? null }
}

function filterOf({ tags = '', tags_match, opted_in, search = '' }: ContactQuery): ContactFilter {
  const folded = tags.split(',').map(foldTag)
  return {
    tags: [...new Set(folded)].filter((tag) => tag !== ''),
    tagsMatch: tags_match,
    optedIn: opted_in,
    search: search.trim() === '' ? undefined : search.trim(),
  }
}
