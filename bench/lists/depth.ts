/**
 * What a cursor page of contacts costs far behind the first one, and how long pages and searches take through the door beside their
 * bare query to Cosmos DB.
 */
import { z } from 'zod'
import type { Stack } from '../../local/stack/stack.ts'
import { loadConfig } from '../../shared/config.ts'
import type { ContactFilter } from '../../shared/contacts/filter.ts'
import { contactStore } from '../../shared/contacts/store.ts'
import { createDeps } from '../../shared/create-deps.ts'
import type { WorkspaceId } from '../../shared/ids.ts'

const LIMIT = 100
const FAR_PAGE = 200
/** Request units of the far page over those of the second: an estimate in steps of hundredths. */
const MOST_GROWTH = 1.1
const MOST_TIMES_RAW = 3

const SEARCHES: [name: string, term: string, reach: 'edges' | 'inside'][] = [
  ['a name’s beginning', 'Person 77', 'edges'],
  ['last digits', '4242', 'edges'],
  ['inside of names', 'rson 4242', 'inside'],
]

export interface DepthOptions {
  workspaceId: WorkspaceId
  token: string
  repeat: number
}

/** Prints each line with what it may be at most; true if all are. */
export async function measureDepth(stack: Stack, options: DepthOptions): Promise<boolean> {
  const results = [
    await depth(stack, options),
    await speed(stack, options, { name: 'the first page', query: {}, filter: {} }),
  ]
  for (const [name, term, reach] of SEARCHES) {
    results.push(await speed(stack, options, { name, query: { search: term }, filter: { search: { term, reach } } }))
  }
  return results.every(Boolean)
}

/** Pages 2 and 200, by cursor. */
async function depth(stack: Stack, options: DepthOptions): Promise<boolean> {
  let cursor: string | null = null
  const cursors: string[] = []
  for (let page = 1; page < FAR_PAGE; page++) {
    cursor = await pageAt(stack, options, cursor === null ? {} : { cursor })
    if (cursor === null) break
    cursors.push(cursor)
  }
  const [near, far] = [cursors[0] ?? '', cursors.at(-1) ?? '']
  const nearUnits = await unitsOf(stack, () => pageAt(stack, options, { cursor: near }))
  const farUnits = await unitsOf(stack, () => pageAt(stack, options, { cursor: far }))
  const growth = farUnits / nearUnits
  const isGood = growth <= MOST_GROWTH
  const figures = `${nearUnits.toFixed(2)} and ${farUnits.toFixed(2)} request units`
  console.log(
    `${verdict(isGood)} page 2 and page ${cursors.length + 1}: ${figures}, ${growth.toFixed(2)}× (at most ${MOST_GROWTH}×)`,
  )
  return isGood
}

interface Asked {
  name: string
  query: Record<string, string>
  /** The same, as the store is asked. */
  filter: ContactFilter
}

async function speed(stack: Stack, options: DepthOptions, { name, query, filter }: Asked): Promise<boolean> {
  const store = contactStore(createDeps(loadConfig(stack.settings)).containers)
  const raw = await p95(options.repeat, () =>
    store.list(options.workspaceId, [filter], { offset: 0, limit: LIMIT + 1 }),
  )
  const door = await p95(options.repeat, () => pageAt(stack, options, query))
  const isGood = door <= raw * MOST_TIMES_RAW
  const figures = `p95 ${door.toFixed(1)} ms, its bare query ${raw.toFixed(1)} ms`
  console.log(`${verdict(isGood)} ${name}: ${figures}, ${(door / raw).toFixed(2)}× (at most ${MOST_TIMES_RAW}×)`)
  return isGood
}

function verdict(isGood: boolean): string {
  return isGood ? 'pass' : 'FAIL'
}

/** The cursor to the page behind it. */
async function pageAt(
  { url }: Stack,
  { workspaceId, token }: DepthOptions,
  query: Record<string, string>,
): Promise<string | null> {
  const search = new URLSearchParams({ workspace_id: workspaceId, limit: String(LIMIT), ...query })
  const answer = await fetch(`${url}/api/contacts?${search.toString()}`, {
    headers: { authorization: `Bearer ${token}` },
  })
  return z.object({ next_cursor: z.string().nullable() }).parse(await answer.json()).next_cursor
}

/** The smallest of some: a timer of the host may have asked something of its own meanwhile. */
async function unitsOf(stack: Stack, work: () => Promise<unknown>): Promise<number> {
  const all: number[] = []
  for (let round = 0; round < 5; round++) {
    const before = (await stack.metrics()).cosmos?.request_units ?? 0
    await work()
    all.push(((await stack.metrics()).cosmos?.request_units ?? 0) - before)
  }
  return Math.min(...all)
}

async function p95(repeat: number, work: () => Promise<unknown>): Promise<number> {
  const times: number[] = []
  for (let round = 0; round < repeat; round++) {
    const startedAt = performance.now()
    await work()
    times.push(performance.now() - startedAt)
  }
  times.sort((a, b) => a - b)
  return times[Math.min(times.length - 1, Math.floor(times.length * 0.95))] ?? 0
}
