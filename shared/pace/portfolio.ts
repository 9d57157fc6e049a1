/**
 * How many people a portfolio wrote to in the moving 24 hours that Meta limits, counted from our own sends and shared by
 * every instance: one table row an hour, with short hashes of whom was sent to. Of large limits only a share is kept,
 * chosen by the hash itself, so that a row stays small and a person counts once however often they are sent to.
 */
import { createHash } from 'node:crypto'
import type { Row, Table } from '../azure/tables.ts'
import type { Deps } from '../deps.ts'
import { AppError, isConflict } from '../errors.ts'

export interface RoomRequest {
  /** People in 24 hours. */
  limit: number
  /** Addresses that would be sent to. */
  users: readonly string[]
}

export interface Room {
  /** Indexes of the users who fit; they are counted from now on. */
  allowed: ReadonlySet<number>
  /** When to ask again for those who did not fit. */
  untilMs: number
}

const HOUR_MS = 3_600_000
/** The hours that may hold a send of the last 24: the one that began 24 hours ago is only partly over. */
const HOURS = 25
/** Rows are used again, so that nothing must be deleted. */
const ROWS = 32
/** Up to this limit everybody is kept: 40 KB in the busiest hour. */
const MOST_KEPT = 10_000
const ATTEMPTS = 20

/** What is known of one portfolio: read once an hour, and when another instance counted meanwhile. */
interface Day {
  hour: number
  etag: string | undefined
  /** Hashes of this hour's row, and of all rows that count. */
  now: Set<number>
  all: Set<number>
  oldestHour: number
}

type BookDeps = Pick<Deps, 'paceTable' | 'now'>

export function portfolioBook({ paceTable, now }: BookDeps) {
  const days = new Map<string, Day>()

  return async (portfolio: string, { limit, users }: RoomRequest): Promise<Room> => {
    const partition = partitionOf(portfolio)
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const hour = Math.floor(now().getTime() / HOUR_MS)
      const known = days.get(partition)
      const day = known?.hour === hour ? known : await load(paceTable, partition, hour)
      const { allowed, added } = fitting(day, limit, users)
      const untilMs = Math.min((day.oldestHour + HOURS) * HOUR_MS, now().getTime() + HOUR_MS)
      days.set(partition, day)
      if (added.length === 0) return { allowed, untilMs }
      const cells = { hour, users: toBytes([...day.now, ...added]) }
      try {
        const key = keyOf(hour)
        const [etag] = await paceTable.write([
          { partition, key, cells, ...(day.etag === undefined ? {} : { etag: day.etag }) },
        ])
        for (const hash of added) {
          day.now.add(hash)
          day.all.add(hash)
        }
        day.etag = etag
        return { allowed, untilMs }
      } catch (error) {
        days.delete(partition)
        if (!isConflict(error)) throw error
      }
    }
    throw new AppError('conflict', 'The sends of this portfolio are counted too fast to take part in it')
  }
}

/** How many people of the limit were written to, as stored now. Counts nobody. One table request. */
export async function usersCounted({ paceTable, now }: BookDeps, portfolio: string, limit: number): Promise<number> {
  const day = await load(paceTable, partitionOf(portfolio), Math.floor(now().getTime() / HOUR_MS))
  return countOf(day, everyOf(limit))
}

function partitionOf(portfolio: string): string {
  return `portfolio-${portfolio}`
}

async function load(paceTable: Table, partition: string, hour: number): Promise<Day> {
  const day: Day = { hour, etag: undefined, now: new Set(), all: new Set(), oldestHour: hour }
  for await (const row of paceTable.query({ partition })) {
    const rowHour = Number(row.cells['hour'])
    if (row.key === keyOf(hour)) day.etag = row.etag
    if (rowHour <= hour - HOURS || rowHour > hour) continue
    for (const hash of hashesOf(row)) day.all.add(hash)
    if (rowHour === hour) day.now = new Set(hashesOf(row))
    day.oldestHour = Math.min(day.oldestHour, rowHour)
  }
  return day
}

/** Of so many hashes one is kept. */
function everyOf(limit: number): number {
  return limit <= MOST_KEPT ? 1 : 2 ** Math.ceil(Math.log2(limit / MOST_KEPT))
}

function countOf({ all }: Day, every: number): number {
  return every * (every === 1 ? all.size : [...all].filter((hash) => hash % every === 0).length)
}

/** Who fits into the limit, and the hashes that this hour's row must take up for them. */
function fitting(day: Day, limit: number, users: readonly string[]): { allowed: Set<number>; added: number[] } {
  const every = everyOf(limit)
  const isKept = (hash: number) => hash % every === 0
  const allowed = new Set<number>()
  const added = new Set<number>()
  let count = every * [...day.all].filter(isKept).length
  for (const [index, hash] of users.map(hashOf).entries()) {
    const isNew = !day.all.has(hash) && !added.has(hash)
    const adds = isNew && isKept(hash) ? every : 0
    if (isNew && count + Math.max(1, adds) > limit) continue
    count += adds
    allowed.add(index)
    if (isKept(hash) && !day.now.has(hash)) added.add(hash)
  }
  return { allowed, added: [...added] }
}

function keyOf(hour: number): string {
  return `hour-${hour % ROWS}`
}

function hashOf(user: string): number {
  return createHash('sha256').update(user).digest().readUInt32LE(0)
}

function hashesOf({ cells: { users } }: Row): Iterable<number> {
  if (!(users instanceof Uint8Array)) return []
  // A copy of its own: a Buffer is often a part of a larger one.
  return new Uint32Array(Uint8Array.from(users).buffer)
}

function toBytes(hashes: number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(hashes).buffer)
}
