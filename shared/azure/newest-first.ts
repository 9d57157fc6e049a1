/** One page of a list, newest first: two requests at most, whatever the position. */
import type { Listed, Page } from '../http/paging.ts'
import type { DocumentContainer, Parse, Query } from './cosmos.ts'

export interface ListQuery {
  container: DocumentContainer
  /** Whose items. Several are asked together: a caller's own workspaces are few, and the query goes to no other's. */
  partitions: readonly string[]
  /** Field names are the stores' own and never come from a request. Undefined values filter nothing. */
  equal: Record<string, string | boolean | undefined>
  /** Further conditions as SQL over `c`, with their parameters. */
  where?: { text: string; parameters: Record<string, unknown> }
  page: Page
  /** One request instead of two where the page is the last one, one after the other instead of at once elsewhere. */
  countOnlyIfNeeded?: boolean
}

/** True if the page itself tells how many items there are. */
export function tellsTotal({ offset, after }: Page, { items, next }: Pick<Listed<unknown>, 'items' | 'next'>): boolean {
  return after === undefined && next === undefined && (offset === 0 || items.length > 0)
}

export async function listNewestFirst<T extends { created_at: string; id: string }>(
  list: ListQuery,
  parse: Parse<T>,
): Promise<Listed<T>> {
  const { container, page, countOnlyIfNeeded = false } = list
  if (list.partitions.length === 0) return { items: [], total: 0, next: undefined }
  const { filter, parameters, ...where } = filterOf(list)
  const count = () =>
    container.query({ text: `SELECT VALUE COUNT(1) FROM c WHERE ${filter}`, parameters, ...where }, Number)
  const counting = countOnlyIfNeeded ? undefined : count()
  const [found] = await Promise.all([container.query(pageQuery(list), parse), counting])
  const items = found.slice(0, page.limit)
  const last = items.at(-1)
  const next = found.length > page.limit && last ? { created_at: last.created_at, id: last.id } : undefined
  if (!counting && tellsTotal(page, { items, next })) return { items, total: page.offset + items.length, next }
  const [total = 0] = await (counting ?? count())
  return { items, total, next }
}

/** One more than the page holds, so that a next page is known of. */
function pageQuery(list: ListQuery): Query {
  const { limit, offset, after } = list.page
  const { filter, parameters, ...where } = filterOf(list)
  const behind = after ? ' AND (c.created_at < @at OR (c.created_at = @at AND c.id < @id))' : ''
  return {
    text: `SELECT * FROM c WHERE ${filter}${behind} ORDER BY c.created_at DESC, c.id DESC OFFSET @skip LIMIT @take`,
    parameters: {
      ...parameters,
      ...(after ? { at: after.created_at, id: after.id } : {}),
      skip: offset,
      take: limit + 1,
    },
    ...where,
  }
}

/** The filter, and the partition where there is only one. */
function filterOf({ equal, where, partitions }: ListQuery) {
  const filters = Object.entries(equal).filter(([, value]) => value !== undefined)
  const conditions = filters.map(([field]) => `c.${field} = @${field}`)
  if (where) conditions.push(where.text)
  const parameters = { ...Object.fromEntries(filters), ...where?.parameters }
  const [partition] = partitions
  if (partition !== undefined && partitions.length === 1)
    return { filter: conditions.join(' AND '), parameters, partition }
  const names = partitions.map((_partition, index) => `@of${index}`)
  conditions.push(`c.workspace_id IN (${names.join(', ')})`)
  const named = Object.fromEntries(partitions.map((name, index) => [`of${index}`, name]))
  return { filter: conditions.join(' AND '), parameters: { ...parameters, ...named } }
}
