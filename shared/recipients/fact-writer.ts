/**
 * Writes facts: what arrives for a campaign while a write is under way is joined into the next one, so that thousands of
 * statuses cost a handful of table transactions. Each caller is answered once its own facts are durable.
 */
import { setTimeout as realSleep } from 'node:timers/promises'
import type { Row, Table } from '../azure/tables.ts'
import { backOff, type BackOff } from '../conflicts.ts'
import type { Deps } from '../deps.ts'
import { isConflict } from '../errors.ts'
import { campaignMonth, type WorkspaceId } from '../ids.ts'
import { fromCells, toCells } from './fact-cells.ts'
import {
  applyOutcome,
  applyReply,
  applyStatus,
  emptyRow,
  type FactRow,
  type PageOutcome,
  type ReplyFact,
  type StatusFact,
} from './fact-row.ts'

/** Rows in one transaction: the store's own limit. */
const ROWS_PER_WRITE = 100
const ATTEMPTS = 30
/**
 * Where facts came during a write, many are coming: those of so long share the next. A row is written whole, so this is
 * what keeps a stream of single statuses from writing each row of a campaign again and again. It is longer while many campaigns
 * are written to, and a slow table is not written to more than half of the time.
 */
const GATHER_MS = { least: 200, most: 1_000, each: 50 }
/** So many facts waiting are worth a write at once: at least, and for each row that is known. */
const ENOUGH = { least: 256, eachRow: 8 }
/**
 * Rows kept with the version they have, so that the next write needs no read: of one campaign (131,000 recipients), and of all
 * together. A row takes about 7 KB, and statuses of a large campaign come for all of its rows in any order.
 */
const KNOWN_ROWS = 1_024
const MOST_ROWS = 3_000
const MOST_LANES = 50
/** Rows this close together are read with one query, those between them included. */
const NEAR = 4

export type Fact = { outcome: PageOutcome } | { status: StatusFact } | { reply: ReplyFact }

export interface FactWriter {
  /** Returns when all `facts` are stored. Facts that are known already change nothing. */
  write(workspaceId: WorkspaceId, campaignId: string, facts: Fact[]): Promise<void>
}

interface KnownRow {
  etag: string | undefined
  row: FactRow
}

interface Lane {
  waiting: { facts: Fact[]; done: () => void; failed: (error: unknown) => void }[]
  running: boolean
  /** Ends the gathering that is under way. */
  endGathering: () => void
  known: Map<number, KnownRow>
}

export function factPartition(workspaceId: WorkspaceId, campaignId: string): string {
  return `${workspaceId}_${campaignId}`
}

export function factKey(page: number): string {
  return String(page).padStart(8, '0')
}

export function factWriter({
  factsTable,
  backOff: wait = backOff,
  now = () => new Date(),
  sleep = realSleep,
}: Pick<Deps, 'factsTable'> & Partial<Pick<Deps, 'backOff' | 'now' | 'sleep'>>): FactWriter {
  const lanes = new Map<string, Lane>()

  async function run(partition: string, campaignId: string, lane: Lane): Promise<void> {
    lane.running = true
    while (lane.waiting.length > 0) {
      const batch = lane.waiting.splice(0)
      const fromMs = now().getTime()
      try {
        const table = await factsTable(campaignMonth(campaignId))
        await store(
          { table, partition, known: lane.known, wait },
          batch.flatMap(({ facts }) => facts),
        )
        for (const { done } of batch) done()
      } catch (error) {
        for (const { failed } of batch) failed(error)
      }
      if (lane.waiting.length > 0 && !hasEnough(lane)) await gather(lane, now().getTime() - fromMs)
    }
    // In the same turn as the last check, so that nobody can be left waiting in between.
    lane.running = false
    keepFew(lanes)
  }

  async function gather(lane: Lane, lastWriteMs: number): Promise<void> {
    const running = lanes.values().reduce((count, each) => count + (each.running ? 1 : 0), 0)
    const forMs = Math.max(GATHER_MS.least, GATHER_MS.each * running, lastWriteMs)
    const enough = new Promise<void>((resolve) => (lane.endGathering = resolve))
    await Promise.race([sleep(Math.min(GATHER_MS.most, forMs)), enough])
  }

  return {
    write(workspaceId, campaignId, facts) {
      const partition = factPartition(workspaceId, campaignId)
      const lane = laneOf(lanes, partition)
      return new Promise<void>((done, failed) => {
        lane.waiting.push({ facts, done, failed })
        if (!lane.running) void run(partition, campaignId, lane)
        else if (hasEnough(lane)) lane.endGathering()
      })
    },
  }
}

function hasEnough({ waiting, known }: Lane): boolean {
  const facts = waiting.reduce((sum, each) => sum + each.facts.length, 0)
  return facts >= Math.max(ENOUGH.least, ENOUGH.eachRow * known.size)
}

function laneOf(lanes: Map<string, Lane>, partition: string): Lane {
  const lane = lanes.get(partition) ?? { waiting: [], running: false, endGathering: () => undefined, known: new Map() }
  lanes.delete(partition)
  lanes.set(partition, lane)
  if (lanes.size > MOST_LANES) {
    const idle = [...lanes].find(([, candidate]) => candidate !== lane && !candidate.running)
    if (idle) lanes.delete(idle[0])
  }
  return lane
}

/** The campaigns that were longest not written to are read again. */
function keepFew(lanes: ReadonlyMap<string, Lane>): void {
  let rows = lanes.values().reduce((sum, { known }) => sum + known.size, 0)
  for (const { known, running } of lanes.values()) {
    if (rows <= MOST_ROWS) return
    if (running) continue
    rows -= known.size
    known.clear()
  }
}

/** The rows of one campaign, as this process knows them. */
interface Rows {
  table: Table
  partition: string
  known: Map<number, KnownRow>
  wait: BackOff
}

async function store(rows: Rows, facts: Fact[]): Promise<void> {
  const byPage = Map.groupBy(facts, pageOf)
  const pages = [...byPage.keys()].sort((a, b) => a - b)
  for (let at = 0; at < pages.length; at += ROWS_PER_WRITE) {
    await storeRows(rows, new Map(pages.slice(at, at + ROWS_PER_WRITE).map((page) => [page, byPage.get(page) ?? []])))
  }
  const { known } = rows
  while (known.size > KNOWN_ROWS) known.delete(known.keys().next().value ?? 0)
}

/** One transaction for up to 100 pages; read again and repeated when another instance wrote one of them first. */
async function storeRows(rows: Rows, facts: ReadonlyMap<number, Fact[]>): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await load(rows, attempt === 0 ? exceptNew(rows, facts) : [...facts.keys()])
      await writeChanged(rows, facts)
      return
    } catch (error) {
      // Rows in memory may hold changes that were not stored, whatever the failure was.
      for (const page of facts.keys()) rows.known.delete(page)
      if (!isConflict(error) || attempt >= ATTEMPTS) throw error
      await rows.wait(Math.min(200, 5 * 2 ** attempt))
    }
  }
}

/**
 * A page's first outcome usually comes before any status: its row is taken as new, and only read where the write shows
 * that it is not.
 */
function exceptNew({ known }: Rows, facts: ReadonlyMap<number, Fact[]>): number[] {
  const isNew = ([page, list]: [number, Fact[]]) => !known.has(page) && list.every((fact) => 'outcome' in fact)
  const [fresh, others] = [[...facts].filter(isNew), [...facts].filter((entry) => !isNew(entry))]
  for (const [page] of fresh) known.set(page, { etag: undefined, row: emptyRow() })
  return others.map(([page]) => page)
}

async function writeChanged({ table, partition, known }: Rows, facts: ReadonlyMap<number, Fact[]>): Promise<void> {
  const changed = [...facts].flatMap(([page, list]) => {
    const entry = known.get(page)
    return entry && list.map((fact) => apply(entry.row, fact)).includes(true) ? [{ page, entry }] : []
  })
  const rows = changed.map(({ page, entry }): Row => ({
    partition,
    key: factKey(page),
    cells: toCells(entry.row),
    ...(entry.etag === undefined ? {} : { etag: entry.etag }),
  }))
  const etags = await table.write(rows)
  changed.forEach(({ page, entry }, index) => known.set(page, { row: entry.row, etag: etags[index] }))
}

function pageOf(fact: Fact): number {
  if ('outcome' in fact) return fact.outcome.page
  return 'status' in fact ? fact.status.page : fact.reply.page
}

function apply(row: FactRow, fact: Fact): boolean {
  if ('outcome' in fact) return applyOutcome(row, fact.outcome)
  return 'status' in fact ? applyStatus(row, fact.status) : applyReply(row, fact.reply)
}

/** Reads the rows that are not known, neighbours together. */
async function load({ table, partition, known }: Rows, pages: number[]): Promise<void> {
  const missing = pages.filter((page) => !known.has(page))
  for (const run of neighbours(missing)) {
    const [from = 0, to = from] = [run[0], run.at(-1)]
    const found = table.query({ partition, from: factKey(from), to: factKey(to) })
    for await (const row of found) known.set(Number(row.key), { etag: row.etag, row: fromCells(row.cells) })
  }
  for (const page of missing) if (!known.has(page)) known.set(page, { etag: undefined, row: emptyRow() })
}

/** Ascending numbers in runs without large gaps. */
function neighbours(pages: number[]): number[][] {
  const runs: number[][] = []
  for (const page of pages) {
    const run = runs.at(-1)
    if (run && page - (run.at(-1) ?? 0) <= NEAR) run.push(page)
    else runs.push([page])
  }
  return runs
}
