/** One page of a list inside one partition, newest first: two requests, whatever the position. */
import type { Listed, Page } from '../http/paging.ts'
import type { DocumentContainer, Parse } from './cosmos.ts'

export interface ListQuery {
  container: DocumentContainer
  partition: string
  /** Field names are the stores' own and never come from a request. Undefined values filter nothing. */
  equal: Record<string, string | boolean | undefined>
  /** Further conditions as SQL over `c`, with their parameters. */
  where?: { text: string; parameters: Record<string, unknown> }
  page: Page
}

export async function listNewestFirst<T extends { created_at: string; id: string }>(
  { container, partition, equal, where, page: { limit, offset, after } }: ListQuery,
  parse: Parse<T>,
): Promise<Listed<T>> {
  const filters = Object.entries(equal).filter(([, value]) => value !== undefined)
  const conditions = filters.map(([field]) => `c.${field} = @${field}`)
  if (where) conditions.push(where.text)
  const parameters = { ...Object.fromEntries(filters), ...where?.parameters }
  const filter = conditions.join(' AND ')
  const behind = after ? ' AND (c.created_at < @at OR (c.created_at = @at AND c.id < @id))' : ''
  const [found, counts] = await Promise.all([
    container.query(
      {
        text: `SELECT * FROM c WHERE ${filter}${behind} ORDER BY c.created_at DESC, c.id DESC OFFSET @skip LIMIT @take`,
        parameters: {
          ...parameters,
          ...(after ? { at: after.created_at, id: after.id } : {}),
          skip: offset,
          take: limit + 1,
        },
        partition,
      },
      parse,
    ),
    container.query({ text: `SELECT VALUE COUNT(1) FROM c WHERE ${filter}`, parameters, partition }, Number),
  ])
  const items = found.slice(0, limit)
  const last = items.at(-1)
  const next = found.length > limit && last ? { created_at: last.created_at, id: last.id } : undefined
  return { items, total: counts[0] ?? 0, next }
}
