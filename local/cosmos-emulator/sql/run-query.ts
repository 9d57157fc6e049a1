/** Runs a query for one page: finds the items, filters, sorts, projects, and says where the next page begins. */
import { isObject } from '../json.ts'
import type { JsonObject, Value } from '../json.ts'
import { canonicalText, compareText } from '../json.ts'
import { queryCharge } from '../request-units.ts'
import type { QueryWork } from '../request-units.ts'
import type { ContainerEntry } from '../store/catalog.ts'
import { keyOf } from '../store/keys.ts'
import type { PartitionText } from '../store/keys.ts'
import { planAccess } from './access.ts'
import type { Access } from './access.ts'
import { shapeOf } from './ast.ts'
import type { Query } from './ast.ts'
import { orderPaths, windowOf } from './checks.ts'
import type { OrderPath, Window } from './checks.ts'
import { compile } from './compile.ts'
import type { Compiled } from './compile.ts'
import { fingerprint, readToken, tokenOf } from './continuation.ts'
import type { KeptResults, Resume } from './continuation.ts'
import { createGrouping, groupingOf } from './grouping.ts'
import type { Grouping } from './grouping.ts'
import { constantOf, rootAlias } from './paths.ts'
import { rowSource } from './rows.ts'
import type { RowSource } from './rows.ts'
import { compileSelection } from './selection.ts'

export interface QueryRequest {
  text: string
  query: Query
  parameters: ReadonlyMap<string, Value>
  container: ContainerEntry
  partition: PartitionText | undefined
  /** It is one range's part of a query that the SDK merges. */
  isMerged: boolean
  maxItemCount: number
  continuation: string | undefined
  kept: KeptResults
}

export interface QueryPage {
  /** The results as JSON texts. */
  results: string[]
  continuation: string | undefined
  charge: number
}

const largestPageBytes = 4 * 1024 * 1024

/** One query being run. */
interface Run {
  request: QueryRequest
  source: RowSource
  access: Access
  order: OrderPath[]
  window: Window
  work: QueryWork
}

/** One result and where it stands. */
interface Result {
  text: string
  keys: string[]
  seq: number
  within: number
}

type Emit = (result: Result) => boolean

export function runQuery(request: QueryRequest): QueryPage {
  const { query, parameters, continuation } = request
  const grouping = groupingOf(query)
  const order = orderPaths(query, request.container.settings.indexing)
  const run: Run = {
    request,
    source: rowSource(query, parameters),
    access: planAccess({ ...request, order }),
    order,
    window: windowOf(query, parameters),
    work: { loadedItems: 0, loadedBytes: 0, returnedBytes: 0, countedTerms: 0 },
  }
  const print = printOf(request)
  const from = continuation === undefined ? undefined : readToken(continuation, print)
  const page = fill(run, grouping, from)
  for (const result of page.results) run.work.returnedBytes += result.length
  return { ...page, continuation: page.next && tokenOf(page.next, print), charge: queryCharge(run.work) }
}

/** What a continuation token is bound to. An SDK that merges ranges narrows its filter from page to page. */
function printOf({ text, query, parameters, partition, isMerged }: QueryRequest): string {
  const order = query.orderBy.map((item) => [shapeOf(item.expression), item.isDescending])
  return fingerprint(isMerged ? order : [text, [...parameters], partition ?? null])
}

interface Filled {
  results: string[]
  next: Resume | { rest: string } | undefined
}

function fill(run: Run, grouping: Grouping | undefined, from: Resume | { rest: string } | undefined): Filled {
  if (from && 'rest' in from) return pageOfRest(run, run.request.kept.find(from.rest))
  if (grouping) return pageOfRest(run, windowed(run, groupedResults(run, grouping)))
  if (run.request.query.isDistinct) return pageOfRest(run, windowed(run, distinctResults(run)))
  return streamedPage(run, from)
}

function pageOfRest({ request }: Run, all: string[]): Filled {
  let bytes = 0
  const isWithin = (text: string, index: number): boolean => (bytes += text.length) <= largestPageBytes || index === 0
  const fitting = all.findIndex((text, index) => index >= request.maxItemCount || !isWithin(text, index))
  if (fitting < 0) return { results: all, next: undefined }
  return { results: all.slice(0, fitting), next: { rest: request.kept.keep(all.slice(fitting)) } }
}

function windowed({ window }: Run, all: string[]): string[] {
  return all.slice(window.offset, window.offset + window.limit)
}

function groupedResults(run: Run, grouping: Grouping): string[] {
  const { query, parameters } = run.request
  const groups = createGrouping(query, grouping, run.source.scope)
  const countsOnly =
    query.groupBy.length === 0 &&
    grouping.aggregates.every(({ name, arguments: [of] }) => {
      return name === 'COUNT' && of && constantOf(of, parameters)?.value !== undefined
    })
  if (countsOnly && run.access.isExact && query.sources.length === 1 && rootAlias(query) !== undefined) {
    const count = run.access.count()
    run.work.countedTerms += count
    groups.addCount(count)
  } else {
    eachDocument(run, undefined, (document) => run.source.visit(document, groups.add))
  }
  const texts: string[] = []
  const seen = new Set<string>()
  for (const value of groups.results()) {
    if (value === undefined) continue
    const identity = canonicalText(value)
    if (query.isDistinct && seen.has(identity)) continue
    seen.add(identity)
    texts.push(JSON.stringify(value))
  }
  return texts
}

function distinctResults(run: Run): string[] {
  const distinct = new Map<string, string>()
  produce(run, undefined, ({ text }) => {
    const identity = canonicalText(JSON.parse(text) as Value) // The text was made from a value.
    if (!distinct.has(identity)) distinct.set(identity, text)
    return true
  })
  return [...distinct.values()]
}

function streamedPage(run: Run, from: Resume | undefined): Filled {
  const { maxItemCount } = run.request
  const filled: Filled = { results: [], next: undefined }
  let last: Resume | undefined
  let bytes = 0
  let offset = from?.offset ?? run.window.offset
  let limit = from ? (from.limit ?? Number.POSITIVE_INFINITY) : run.window.limit
  if (limit === 0) return filled
  produce(run, from, ({ text, keys, seq, within }) => {
    if (offset > 0) {
      offset--
      return true
    }
    bytes += text.length
    if (filled.results.length >= maxItemCount || (bytes > largestPageBytes && filled.results.length > 0)) {
      // There is more: the next page begins behind the last item of this one.
      filled.next = last
      return false
    }
    filled.results.push(text)
    limit--
    last = { keys, seq, within: within + 1, offset: 0, limit: Number.isFinite(limit) ? limit : null }
    return limit > 0
  })
  return filled
}

/** Calls back with every result in order, from a position on. */
function produce(run: Run, from: Resume | undefined, emit: Emit): void {
  if (run.access.isOrdered) {
    produceFrom(run, from, emit)
    return
  }
  const all: Result[] = []
  produceFrom(run, undefined, (result) => all.push(result) > 0)
  all.sort((left, right) => compareResults(left, right, run.order))
  const isBehind = (result: Result): boolean =>
    !from || compareResults(result, { ...from, text: '', within: from.within - 1 }, run.order) > 0
  for (const result of all) if (isBehind(result) && !emit(result)) return
}

function compareResults(left: Result, right: Result, order: OrderPath[]): number {
  for (const [index, { isDescending }] of order.entries()) {
    const comparison = compareText(left.keys[index] ?? '', right.keys[index] ?? '')
    if (comparison !== 0) return isDescending ? -comparison : comparison
  }
  if (left.seq !== right.seq) return order[0]?.isDescending ? right.seq - left.seq : left.seq - right.seq
  return left.within - right.within
}

function produceFrom(run: Run, from: Resume | undefined, emit: Emit): void {
  const { query } = run.request
  const { access, source } = run
  if (isWholeDocument(query) && access.isExact && access.isOrdered) {
    for (const row of access.scan(from, false)) {
      const text = String(row['body'])
      load(run, text)
      if (!emit({ text, keys: access.keysOf(row), seq: Number(row['seq']), within: 0 })) return
    }
    return
  }
  const select = compileSelection(query, source.scope)
  const sortKeys = sorting(run)
  eachDocument(run, from, (document, seq, indexKeys) => {
    let within = 0
    return source.visit(document, (row) => {
      const place = within++
      if (from && access.isOrdered && seq === from.seq && place < from.within) return true
      const value = select(row)
      if (value === undefined) return true
      const keys = sortKeys ? sortKeys.map((key) => keyOf(key(row))) : indexKeys
      return emit({ text: JSON.stringify(value), keys, seq, within: place })
    })
  })
}

/** What to sort by in memory, where no index has the order. */
function sorting({ access, request, source }: Run): Compiled[] | undefined {
  if (access.isOrdered) return undefined
  return request.query.orderBy.map((item) => compile(item.expression, source.scope))
}

/** `SELECT *` and `SELECT VALUE c` answer the stored text itself. */
function isWholeDocument(query: Query): boolean {
  const root = rootAlias(query)
  if (root === undefined || query.sources.length !== 1) return false
  const { selection } = query
  if (selection.kind === 'star') return true
  return selection.kind === 'value' && selection.expression.kind === 'name' && selection.expression.name === root
}

type Visit = (document: JsonObject | undefined, seq: number, keys: string[]) => boolean

function eachDocument(run: Run, from: Resume | undefined, visit: Visit): void {
  const { query } = run.request
  if (query.sources.length === 0) {
    if (!from) visit(undefined, 0, [])
    return
  }
  // With JOIN an item may have rows left, so it is looked at again.
  const hasSeveralRows = query.sources.length > 1 || query.sources[0]?.iterates === true
  for (const row of run.access.scan(from, hasSeveralRows)) {
    const body = String(row['body'])
    load(run, body)
    const document: unknown = JSON.parse(body)
    if (isObject(document) && !visit(document, Number(row['seq']), run.access.keysOf(row))) return
  }
}

function load({ work }: Run, body: string): void {
  work.loadedItems++
  work.loadedBytes += body.length
}
