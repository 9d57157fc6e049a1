/** What lists take and answer: `limit` and `offset` as documented, and an opaque cursor that costs the same on every page. */
import * as z from 'zod'
import { fieldProblem } from '../errors.ts'
import { wellFormedText } from './text.ts'

const DEFAULT_LIMIT = 20
const MAX_LIMIT = 100
const MAX_OFFSET = 1_000_000_000

/** The last item of the page before, in the order of lists: newest first, ties broken by id. */
export const Position = z.object({ created_at: wellFormedText, id: wellFormedText })
export type Position = z.output<typeof Position>

/** Where a page begins: after the first `offset` items, or behind the last item of the page before. */
export interface Page {
  limit: number
  offset: number
  after?: Position | undefined
}

/** The items of a page, how many there are on all pages, and where the next page begins if there is one. */
export interface Listed<T> {
  items: T[]
  total: number
  next: Position | undefined
}

/** The query fields of every list. */
export const PageQuery = z.object({
  limit: queryInteger(1, MAX_LIMIT).default(DEFAULT_LIMIT).describe('Results per page'),
  offset: queryInteger(0, MAX_OFFSET).default(0).describe('Offset for pagination'),
  cursor: z
    .string()
    .optional()
    .describe('`next_cursor` of the page before, instead of `offset`: pages then neither repeat nor skip'),
})

export function toPage({
  limit,
  offset,
  cursor,
}: {
  limit: number
  offset: number
  cursor?: string | undefined
}): Page {
  return cursor === undefined ? { limit, offset } : { limit, offset: 0, after: decodeCursor(Position, cursor) }
}

/** The envelope of every list. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({
    data: z.array(item),
    total: z.int().meta({ description: 'How many there are on all pages', example: 1 }),
    limit: z.int().meta({ description: 'As asked for', example: DEFAULT_LIMIT }),
    offset: z.int(),
    next_cursor: z.string().nullable().meta({
      description: 'Give it as `cursor` to get the next page; null on the last one',
      example: null,
    }),
  })
}

export function listBody<T, Item>(
  { items, total, next }: Listed<T>,
  { limit, offset }: Page,
  toItem: (value: T) => Item,
) {
  return { data: items.map(toItem), total, limit, offset, next_cursor: next ? encodeCursor(next) : null }
}

export function encodeCursor(position: object): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url')
}

/** What a cursor of ours holds; 422 for anything else. */
export function decodeCursor<Schema extends z.ZodType>(schema: Schema, cursor: string): z.output<Schema> {
  try {
    return schema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')))
  } catch {
    throw fieldProblem(['query', 'cursor'], 'This cursor is not one of ours: leave it out to start from the first page')
  }
}

/** An integer in a query string, with FastAPI's wording for what is none. */
export function queryInteger(minimum: number, maximum: number) {
  return (
    z
      .string()
      .transform((text, context) => {
        if (/^[+-]?\d+$/.test(text.trim())) return Number(text)
        context.addIssue({
          code: 'custom',
          message: 'Input should be a valid integer, unable to parse string as an integer',
          params: { type: 'int_parsing' },
        })
        return z.NEVER
      })
      .pipe(z.number().min(minimum).max(maximum))
      // For the API document: what is read from a text is meant as a number.
      .meta({ type: 'integer', minimum, maximum })
  )
}
