/**
 * How many marketing messages each contact of a workspace was sent lately, shared by every instance: a page is counted
 * before it is sent, by compare-and-swap, so that campaigns that send at the same time see each other. Contacts are
 * packed into rows by the beginning of their ids; planning walks in that order, so a page touches few of them.
 */
import type { Row } from '../azure/tables.ts'
import type { Deps } from '../deps.ts'
import { AppError, isConflict } from '../errors.ts'
import type { WorkspaceId } from '../ids.ts'
import type { FrequencyCap } from '../workspaces/schema.ts'
import {
  bucketOf,
  BUCKETS,
  countSend,
  fromCells,
  hasRoom,
  prune,
  SEND_BYTES,
  sizeOf,
  toCells,
  uncountSend,
  type Sends,
} from './frequency-row.ts'

/** Contacts of one campaign that are about to be sent to. */
export interface FrequencyRequest {
  campaignId: string
  contacts: readonly string[]
  cap: FrequencyCap
}

/** Those who were counted, as indexes of the contacts that were asked about, and the mark that each count left. */
export type Counted = ReadonlyMap<number, number>

export interface FrequencyBook {
  /** Who may get this campaign's message; they are counted from now on, once a campaign. */
  count(workspaceId: WorkspaceId, request: FrequencyRequest): Promise<Counted>
  /** These were counted, and surely got nothing. Whoever was counted again since stays counted: it is another's to say. */
  giveBack(workspaceId: WorkspaceId, request: FrequencyRequest, counted: Counted): Promise<void>
}

const ATTEMPTS = 20
/** What others counted is heard when it is written over; what they gave back, after this at the latest. */
const FRESH_FOR_MS = 60_000
/** Sends that are read ahead at most, and remembered. */
const READ_AHEAD = 20_000
const MOST_REMEMBERED = 100_000
/** Of one transaction; the store takes 100 rows and 4 MB, in which bytes are a third longer. */
const ROWS_PER_WRITE = 100
const BYTES_PER_WRITE = 2_000_000

interface Known {
  etag: string | undefined
  sends: Sends
  seenMs: number
}
type Rows = Map<number, Known>
type BookDeps = Pick<Deps, 'paceTable' | 'now'>

export function frequencyBook(deps: BookDeps): FrequencyBook {
  const workspaces = new Map<WorkspaceId, Rows>()

  /** Changes rows and stores them; begins anew where another instance changed one of them. */
  async function swap<T>(
    workspaceId: WorkspaceId,
    { contacts, cap }: FrequencyRequest,
    change: (rows: Rows, changed: Set<number>) => T,
  ): Promise<T> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const rows = remembered(workspaces, workspaceId)
      await load(deps, workspaceId, rows, contacts)
      const changed = new Set<number>()
      const result = change(rows, changed)
      try {
        for (const bucket of changed) prune(knownOf(rows, bucket).sends, { cap, nowMs: deps.now().getTime() })
        await store(deps, workspaceId, rows, changed)
        return result
      } catch (error) {
        // What is remembered of them may never have been stored.
        for (const bucket of changed) rows.delete(bucket)
        if (!isConflict(error)) throw error
      }
    }
    throw new AppError('conflict', 'The messages of this workspace are counted too fast to take part in it')
  }

  return {
    count: (workspaceId, request) =>
      swap(workspaceId, request, (rows, changed) => {
        const { campaignId, contacts, cap } = request
        const nowMs = deps.now().getTime()
        const counted = new Map<number, number>()
        for (const [index, contact] of contacts.entries()) {
          const { sends } = knownOf(rows, bucketOf(contact))
          if (!hasRoom(sends, contact, campaignId, { cap, nowMs })) continue
          counted.set(index, countSend(sends, contact, campaignId, nowMs))
          changed.add(bucketOf(contact))
        }
        return counted
      }),
    giveBack: (workspaceId, request, counted) =>
      swap(workspaceId, request, (rows, changed) => {
        for (const [index, contact] of request.contacts.entries()) {
          const { sends } = knownOf(rows, bucketOf(contact))
          const at = counted.get(index)
          if (at !== undefined && uncountSend(sends, contact, request.campaignId, at)) changed.add(bucketOf(contact))
        }
      }),
  }
}

/** Indexes of the contacts who have had as many as the cap allows. Counts nobody. One table request for neighbours. */
export async function overCap(
  deps: BookDeps,
  workspaceId: WorkspaceId,
  { campaignId, contacts, cap }: FrequencyRequest,
): Promise<Set<number>> {
  const rows: Rows = new Map()
  await load(deps, workspaceId, rows, contacts)
  const moment = { cap, nowMs: deps.now().getTime() }
  const isOver = (contact: string) => !hasRoom(knownOf(rows, bucketOf(contact)).sends, contact, campaignId, moment)
  return new Set(contacts.flatMap((contact, index) => (isOver(contact) ? [index] : [])))
}

function knownOf(rows: Rows, bucket: number): Known {
  const known = rows.get(bucket) ?? { etag: undefined, sends: new Map(), seenMs: 0 }
  rows.set(bucket, known)
  return known
}

/** The rows of a workspace; those of others are forgotten once they are many. */
function remembered(workspaces: Map<WorkspaceId, Rows>, workspaceId: WorkspaceId): Rows {
  const rows = workspaces.get(workspaceId) ?? (new Map() as Rows)
  const size = [...workspaces.values()].reduce((sum, known) => sum + known.size * averageSize(known), 0)
  if (size > MOST_REMEMBERED) {
    workspaces.clear()
    rows.clear()
  }
  workspaces.set(workspaceId, rows)
  return rows
}

function averageSize(rows: Rows): number {
  const sizes = [...rows.values()].map(({ sends }) => sends.size)
  return sizes.length === 0 ? 0 : sizes.reduce((sum, size) => sum + size, 0) / sizes.length
}

/** Reads what is not known, or was too long ago, with one query; small rows behind it are read on the way. */
async function load(
  { paceTable, now }: BookDeps,
  workspaceId: WorkspaceId,
  rows: Rows,
  contacts: readonly string[],
): Promise<void> {
  const nowMs = now().getTime()
  const isKnown = (bucket: number) => (rows.get(bucket)?.seenMs ?? -Infinity) >= nowMs - FRESH_FOR_MS
  const missing = contacts.map(bucketOf).filter((bucket) => !isKnown(bucket))
  if (missing.length === 0) return
  const from = Math.min(...missing)
  // How large they are is not known before the first.
  const ahead = rows.size === 0 ? 0 : Math.floor(READ_AHEAD / Math.max(1, averageSize(rows)))
  const to = Math.min(BUCKETS - 1, Math.max(...missing) + ahead)
  const found = new Map<number, Row>()
  const query = { partition: partitionOf(workspaceId), from: keyOf(from), to: keyOf(to) }
  for await (const row of paceTable.query(query)) found.set(Number(row.key), row)
  for (let bucket = from; bucket <= to; bucket++) {
    const { etag, cells = {} } = found.get(bucket) ?? {}
    rows.set(bucket, { etag, sends: fromCells(cells), seenMs: nowMs })
  }
}

/** One transaction, unless the rows are very many or very large. */
async function store({ paceTable, now }: BookDeps, workspaceId: WorkspaceId, rows: Rows, changed: ReadonlySet<number>) {
  for (const group of groupsOf(
    [...changed].sort((a, b) => a - b),
    rows,
  )) {
    const written = group.map((bucket): Row => {
      const { etag, sends } = knownOf(rows, bucket)
      const row = { partition: partitionOf(workspaceId), key: keyOf(bucket), cells: toCells(sends) }
      return etag === undefined ? row : { ...row, etag }
    })
    const etags = await paceTable.write(written)
    for (const [index, bucket] of group.entries()) {
      rows.set(bucket, { etag: etags[index], sends: knownOf(rows, bucket).sends, seenMs: now().getTime() })
    }
  }
}

function groupsOf(buckets: readonly number[], rows: Rows): number[][] {
  const groups: number[][] = []
  let bytes = 0
  for (const bucket of buckets) {
    const size = sizeOf(knownOf(rows, bucket).sends) * SEND_BYTES
    const group = groups.at(-1)
    if (group && group.length < ROWS_PER_WRITE && bytes + size <= BYTES_PER_WRITE) {
      group.push(bucket)
      bytes += size
    } else {
      groups.push([bucket])
      bytes = size
    }
  }
  return groups
}

function partitionOf(workspaceId: WorkspaceId): string {
  return `frequency-${workspaceId}`
}

function keyOf(bucket: number): string {
  return String(bucket).padStart(3, '0')
}
