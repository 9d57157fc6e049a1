/** The send slots a worker holds for a page: taken from the number's pace in one go, used up block by block. */
import { USED_SHARE, type Slots } from '../pace/gcra.ts'
import type { Pacer } from '../pace/pacer.ts'

/** Further away than this, the page goes back to the queue instead of keeping a worker. */
const LONGEST_WAIT_MS = 5_000
/** Slots that passed longer ago are given up: others may be sending in them already. */
const LATEST_MS = 1_000

/** `admit` is called when the wait is over; it may ask for a little more of it. */
export type SlotWait = { kind: 'go'; waitMs: number; admit: () => number } | { kind: 'later'; waitMs: number }

export interface SlotBook {
  /** Slots for `count` sends now, out of `remaining` that the page still has to make. */
  take(count: number, remaining: number, now: Date): Promise<SlotWait>
}

export function slotBook(pacer: Pacer, metaNumberId: string, ratePerSecond: number): SlotBook {
  let held: (Slots & { left: number }) | undefined
  return {
    async take(count, remaining, now) {
      if (!held || held.left < count || held.startMs < now.getTime() - LATEST_MS) {
        const request = { count: Math.max(count, remaining), ratePerSecond, maxWaitMs: LONGEST_WAIT_MS }
        const taken = await pacer.reserve(metaNumberId, request)
        if ('waitMs' in taken) return { kind: 'later', waitMs: taken.waitMs }
        held = { ...taken, left: request.count }
      }
      const { intervalMs } = held
      const waitMs = Math.max(0, held.startMs - now.getTime())
      held = { ...held, startMs: held.startMs + count * intervalMs, left: held.left - count }
      return { kind: 'go', waitMs, admit: () => pacer.admit(metaNumberId, count, intervalMs * USED_SHARE) }
    },
  }
}
