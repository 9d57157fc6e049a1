/** `?fields=a,b{c}` and pages with cursors, as every Graph node and edge has them. */
import { invalid } from './errors.ts'
import { isObject, listOf } from './json.ts'
import type { Json } from './json.ts'

type Wanted = { name: string; inside: string | undefined }

/** The asked-for fields of a node, `usual` where none were asked for; `id` always comes back. */
export function picked(node: Json, fields: string | null, usual: readonly string[]): Json {
  const wanted = fields === null || fields === '' ? usual.map((name) => ({ name, inside: undefined })) : parsed(fields)
  const result: Json = {}
  for (const { name, inside } of wanted) {
    if (!(name in node)) throw invalid(`Tried accessing nonexisting field (${name})`)
    const value = node[name]
    if (value !== undefined && name !== 'id') result[name] = inside === undefined ? value : pickedInside(value, inside)
  }
  result['id'] = node['id']
  return result
}

/** One page of a list, in the form `{data, paging}`. */
export function page(items: readonly Json[], query: URLSearchParams, url: string): Json {
  const limit = Math.min(Math.max(Number(query.get('limit') ?? 25) || 25, 1), 1000)
  const after = positionOf(items, query.get('after'))
  const before = positionOf(items, query.get('before'))
  const start = after === undefined ? Math.max(0, (before ?? 0) - limit) : after + 1
  const end = after === undefined && before !== undefined ? before : Math.min(items.length, start + limit)
  const data = items.slice(start, end)
  if (data.length === 0) return { data: [] }
  const cursors = { before: cursorOf(data[0]), after: cursorOf(data.at(-1)) }
  const next = new URLSearchParams(query)
  next.delete('before')
  next.delete('access_token')
  next.set('limit', String(limit))
  next.set('after', cursors.after)
  return { data, paging: { cursors, ...(end < items.length && { next: `${url}?${next.toString()}` }) } }
}

function pickedInside(value: unknown, inside: string): unknown {
  const pick = (part: unknown): unknown => {
    if (!isObject(part)) return part
    return Object.fromEntries(parsed(inside).flatMap(({ name }) => (name in part ? [[name, part[name]]] : [])))
  }
  return Array.isArray(value) ? listOf(value).map(pick) : pick(value)
}

/** Commas inside braces belong to the field before them. */
function parsed(fields: string): Wanted[] {
  return [...fields.matchAll(/\s*([\w.]+)(?:\(.*?\))?(?:\{(.*?)\})?\s*(?:,|$)/g)].map((match) => ({
    name: match[1] ?? '',
    inside: match[2],
  }))
}

function positionOf(items: readonly Json[], cursor: string | null): number | undefined {
  if (cursor === null) return undefined
  const id = Buffer.from(cursor, 'base64url').toString('utf8')
  const position = items.findIndex((item) => item['id'] === id)
  if (position < 0) throw invalid('Invalid cursors values')
  return position
}

function cursorOf(item: Json | undefined): string {
  return Buffer.from(String(item?.['id'])).toString('base64url')
}
