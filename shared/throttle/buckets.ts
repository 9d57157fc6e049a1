/**
 * Token buckets that all instances share. A bucket gets `limit` tokens back in a minute, and holds as many unless its
 * `burst` says otherwise; what is stored is the time at which it will be full again.
 *
 * An instance lets requests through on what it knows, and tells the table of each twenty-fifth part of a bucket that it
 * gave out: so most requests cost nothing, and quiet callers never reach the table. It knows of what others gave out when
 * it tells the table the next time: with n instances a bucket can give n - 1 such parts too much. Where the table cannot
 * be reached, each instance goes on by itself.
 */
import { monthOf, openDropping, type MonthlyTables } from '../azure/monthly-tables.ts'
import { retryingConflicts } from '../conflicts.ts'
import { sha256Hex } from '../crypto/sha256.ts'
import type { Log } from '../log.ts'

export interface Bucket {
  key: string
  /** Requests a minute. */
  limit: number
  /** And so many at once, as many as `limit` by default. */
  burst?: number
}

export interface Taken {
  limit: number
  remaining: number
  /** Until the bucket is full again. */
  resetMs: number
  /** 0: let through. */
  waitMs: number
}

export interface Buckets {
  take(bucket: Bucket): Promise<Taken>
}

export const WINDOW_MS = 60_000
const PARTS = 25
const MOST_KNOWN = 20_000
const ROW = 'rate'

/** As this instance knows it. */
interface Known {
  fullAtMs: number
  /** Given out, and not told yet. */
  untold: number
  lastMs: number
}

export function sharedBuckets({ tables, now, log }: { tables: MonthlyTables; now: () => Date; log: Log }): Buckets {
  const open = openDropping(tables)
  const known = new Map<string, Known>()

  async function tell(key: string, state: Known, tokenMs: number): Promise<void> {
    const { untold } = state
    state.untold = 0
    try {
      const partition = sha256Hex(key)
      const table = await open(monthOf(now()))
      state.fullAtMs = await retryingConflicts(async () => {
        const row = await table.read(partition, ROW)
        const fullAtMs = later(Number(row?.cells['fullAtMs'] ?? 0), now()) + untold * tokenMs
        const next = { partition, key: ROW, cells: { fullAtMs } }
        await table.write([row?.etag === undefined ? next : { ...next, etag: row.etag }])
        // What was given out meanwhile is not in the table yet.
        return fullAtMs + state.untold * tokenMs
      })
    } catch (error) {
      log.warn('throttle.not_shared', { error })
    }
  }

  return {
    async take({ key, limit, burst = limit }) {
      const tokenMs = WINDOW_MS / limit
      const capacityMs = burst * tokenMs
      const state = known.get(key) ?? { fullAtMs: 0, untold: 0, lastMs: 0 }
      if (known.size >= MOST_KNOWN) known.clear()
      known.set(key, state)
      const nowMs = now().getTime()
      // The bucket got that back since.
      if (nowMs - state.lastMs >= capacityMs) state.untold = 0
      state.lastMs = nowMs
      const after = later(state.fullAtMs, now()) + tokenMs
      const waitMs = Math.max(0, after - nowMs - capacityMs)
      if (waitMs === 0) {
        state.fullAtMs = after
        state.untold++
        if (state.untold >= burst / PARTS) await tell(key, state, tokenMs)
      }
      const resetMs = Math.max(0, state.fullAtMs - nowMs)
      return { limit, waitMs, resetMs, remaining: Math.max(0, Math.floor((capacityMs - resetMs) / tokenMs)) }
    },
  }
}

function later(ms: number, now: Date): number {
  return Math.max(ms, now.getTime())
}
