/** The send slots a worker holds for a page: taken from the number's pace in one go, used up block by block. */
import { USED_SHARE, type Slots } from '../pace/gcra.ts'
import type { Pacer } from '../pace/pacer.ts'

/** Further away than this, the page goes back to the queue instead of keeping a worker. */
const LONGEST_WAIT_MS = 5_000
/** Slots that passed longer ago are given up: others may be sending in them already. */
const LATEST_MS = 1_000

/** A block takes this long at most, so that pausing is quick however slow the number is. */
const LONGEST_BLOCK_MS = 1_000

/** Slots for the next sends. */
export interface TakenSlots {
  kind: 'go'
  /** For so many sends: fewer than were asked for where the number is slow. */
  count: number
  /** Until the first of them; the others follow at this distance. */
  waitMs: number
  intervalMs: number
  /** Called when the wait is over; it may ask for a little more of it. */
  admit: () => number
}

export type SlotWait = TakenSlots | { kind: 'later'; waitMs: number }

export interface SlotBook {
  /** Slots for up to `wanted` sends now, out of `remaining` that the page still has to make. */
  take(wanted: number, remaining: number, now: Date): Promise<SlotWait>
}

export function slotBook(pacer: Pacer, metaNumberId: string, ratePerSecond: number): SlotBook {
  let held: (Slots & { left: number }) | undefined
  return {
    async take(wanted, remaining, now) {
      if (!held || held.left < 1 || held.startMs < now.getTime() - LATEST_MS) {
        const request = { count: Math.max(wanted, remaining), ratePerSecond, maxWaitMs: LONGEST_WAIT_MS }
        const taken = await pacer.reserve(metaNumberId, request)
        if ('waitMs' in taken) return { kind: 'later', waitMs: taken.waitMs }
        held = { ...taken, left: request.count }
      }
      const { intervalMs } = held
      const count = Math.min(wanted, held.left, Math.max(1, Math.floor(LONGEST_BLOCK_MS / intervalMs)))
      const waitMs = Math.max(0, held.startMs - now.getTime())
      held = { ...held, startMs: held.startMs + count * intervalMs, left: held.left - count }
      return {
        kind: 'go',
        count,
        waitMs,
        intervalMs,
        admit: () => pacer.admit(metaNumberId, count, intervalMs * USED_SHARE),
      }
    },
  }
}
