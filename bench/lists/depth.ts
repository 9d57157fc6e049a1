/**
 * What a cursor page of contacts costs far behind the first one, and how long pages and searches take through the door beside their
 * bare query to Cosmos DB.
 */
import * as z from 'zod'
import type { Stack } from '../../local/stack/stack.ts'
import { loadConfig } from '../../shared/config.ts'
import type { Reach } from '../../shared/contacts/search.ts'
import { contactStore, type ContactStore } from '../../shared/contacts/store.ts'
import { createDeps } from '../../shared/create-deps.ts'
import { decodeCursor } from '../../shared/http/paging.ts'
import type { WorkspaceId } from '../../shared/ids.ts'

const LIMIT = 100
const FAR_PAGE = 200
/** Request units of the far page over those of the second: an estimate in steps of hundredths. */
const MOST_GROWTH = 1.1
const MOST_TIMES_RAW = 3
const WARM_UP = 5

interface Asked {
  name: string
  query: Record<string, string>
  /** What the store is asked for the same answer, and nothing else. */
  bare: (store: ContactStore, workspaceId: WorkspaceId) => Promise<unknown>
}

function asked({ near, far, farPage }: Cursors): Asked[] {
  return [
    // It tells how many there are, which no query for a page does: its answer is that of two queries.
    { name: 'page 1, beside a page and a count', query: {}, bare: pageAndCount },
    { name: 'page 2, by cursor', query: { cursor: near }, bare: barePageBehind(near) },
    { name: `page ${farPage}, by cursor`, query: { cursor: far }, bare: barePageBehind(far) },
    searched('a name’s beginning', 'Person 77', 'edges'),
    searched('last digits', '4242', 'edges'),
    searched('inside of names', 'rson 4242', 'inside'),
  ]
}

const pageAndCount: Asked['bare'] = (store, workspaceId) =>
  Promise.all([store.list(workspaceId, [{}], { offset: 0, limit: LIMIT + 1 }), store.count(workspaceId, [{}])])

function barePageBehind(cursor: string): Asked['bare'] {
  const { at: createdAt, id } = decodeCursor(z.object({ at: z.string(), id: z.string() }), cursor)
  return (store, workspaceId) =>
    store.list(workspaceId, [{}], { after: { createdAt, id }, offset: 0, limit: LIMIT + 1 })
}

function searched(name: string, term: string, reach: Reach): Asked {
  const bare: Asked['bare'] = (store, workspaceId) =>
    store.list(workspaceId, [{ search: { term, reach } }], { offset: 0, limit: LIMIT + 1 })
  return { name, query: { search: term }, bare }
}

export interface DepthOptions {
  workspaceId: WorkspaceId
  token: string
  repeat: number
}

/** Prints each line with what it may be at most; true if all are. */
export async function measureDepth(stack: Stack, options: DepthOptions): Promise<boolean> {
  const cursors = await cursorsOf(stack, options)
  const results = [await depth(stack, options, cursors)]
  for (const one of asked(cursors)) results.push(await speed(stack, options, one))
  return results.every(Boolean)
}

/** To pages 2 and 200, or the last one. */
interface Cursors {
  near: string
  far: string
  farPage: number
}

async function cursorsOf(stack: Stack, options: DepthOptions): Promise<Cursors> {
  let cursor: string | null = null
  const cursors: string[] = []
  for (let page = 1; page < FAR_PAGE; page++) {
    cursor = await pageAt(stack, options, cursor === null ? {} : { cursor })
    if (cursor === null) break
    cursors.push(cursor)
  }
  const [near, far] = [cursors[0], cursors.at(-1)]
  if (near === undefined || far === undefined) throw new Error('There are too few contacts for a second page')
  return { near, far, farPage: cursors.length + 1 }
}

async function depth(stack: Stack, options: DepthOptions, { near, far, farPage }: Cursors): Promise<boolean> {
  const firstUnits = await unitsOf(stack, () => pageAt(stack, options, {}))
  const nearUnits = await unitsOf(stack, () => pageAt(stack, options, { cursor: near }))
  const farUnits = await unitsOf(stack, () => pageAt(stack, options, { cursor: far }))
  const growth = farUnits / nearUnits
  const isGood = growth <= MOST_GROWTH
  console.log(`     page 1: ${firstUnits.toFixed(2)} request units, the total's count included`)
  const figures = `${nearUnits.toFixed(2)} and ${farUnits.toFixed(2)} request units`
  console.log(
    `${verdict(isGood)} page 2 and page ${farPage}: ${figures}, ${growth.toFixed(2)}× (at most ${MOST_GROWTH}×)`,
  )
  return isGood
}

/** In turns, once both are warm: what else the machine does falls on both alike. */
async function speed(stack: Stack, options: DepthOptions, { name, query, bare }: Asked): Promise<boolean> {
  const store = contactStore(createDeps(loadConfig(stack.settings)).containers)
  const [bareMs, doorMs]: [number[], number[]] = [[], []]
  for (let round = -WARM_UP; round < options.repeat; round++) {
    const [bareTook, doorTook] = [
      await timed(() => bare(store, options.workspaceId)),
      await timed(() => pageAt(stack, options, query)),
    ]
    if (round < 0) continue
    bareMs.push(bareTook)
    doorMs.push(doorTook)
  }
  const [raw, door] = [p95(bareMs), p95(doorMs)]
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

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}

function p95(times: number[]): number {
  const sorted = times.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.95))] ?? 0
}
