/** The send slots of one number that this process took from its pace and has not used yet. */
import type { Deps } from '../deps.ts'
import type { Slots } from './gcra.ts'
import type { Pacer } from './pacer.ts'

/** Slots further away than this are not taken. */
export const LONGEST_WAIT_MS = 5_000
/**
 * Slots that passed longer ago than so many take are given up: other processes use theirs meanwhile, and together they would
 * send too fast. At most two seconds, and some time for a process that is busy.
 */
const LATEST = 32
const LATEST_MS = { least: 100, most: 2_000 }
/** Taken in one go at most, or slots of a slow number lie with a process whose pages wait for Meta. */
const MOST_SLOTS = 64
/** Taken in one go at least: what of them nobody uses is no loss, and a fast number's row is not written all the time. */
const FEWEST_MS = 150

export interface SlotRequest {
  metaNumberId: string
  ratePerSecond: number
  /** A block's. */
  wanted: number
  /** What the page still has to send, this block included. */
  remaining: number
}

/** So many slots at one distance, from the first of them on. */
export interface SlotRun extends Slots {
  count: number
}

type Range = Slots & { left: number }

export interface HeldSlots {
  /** How many there are. Those that passed are given up, and those taken at another rate. */
  count(ratePerSecond: number): number
  /** Until the first of them. */
  untilFirstMs(): number
  /** Takes some from the number's pace, behind those that are held; or says for how long there are none that are near enough. */
  reserve(request: SlotRequest): Promise<number | undefined>
  /**
   * Up to so many at one distance, which take so long at most. They start so that none is used before its time, where they are
   * not in one piece.
   */
  takeFirst(most: number, withinMs: number): SlotRun
  giveUp(): void
}

export function heldSlots({ pacer, now }: Pick<Deps, 'now'> & { pacer: Pick<Pacer, 'reserve'> }): HeldSlots {
  let heldRate = 0
  // In the order in which they were taken, none of them empty.
  let ranges: Range[] = []

  function count(ratePerSecond: number): number {
    const nowMs = now().getTime()
    ranges = heldRate === ratePerSecond ? ranges.flatMap((range) => withoutPassed(range, nowMs)) : []
    heldRate = ratePerSecond
    return ranges.reduce((sum, { left }) => sum + left, 0)
  }

  return {
    count,
    untilFirstMs: () => (ranges[0]?.startMs ?? 0) - now().getTime(),
    async reserve({ metaNumberId, ratePerSecond, wanted, remaining }) {
      const left = Math.max(wanted, Math.min(remaining, MOST_SLOTS), Math.floor((ratePerSecond * FEWEST_MS) / 1000))
      const taken = await pacer.reserve(metaNumberId, { count: left, ratePerSecond, maxWaitMs: LONGEST_WAIT_MS })
      count(ratePerSecond)
      if (!('startMs' in taken)) return taken.waitMs
      ranges.push({ ...taken, left })
      return undefined
    },
    takeFirst(most, withinMs) {
      const [first] = ranges
      if (!first) throw new RangeError('There are no slots to take')
      const { intervalMs } = first
      const run = takeFirst(ranges, intervalMs, Math.min(most, Math.max(1, Math.floor(withinMs / intervalMs))))
      ranges = ranges.filter(({ left }) => left > 0)
      return run
    },
    giveUp() {
      ranges = []
    },
  }
}

function takeFirst(ranges: readonly Range[], intervalMs: number, most: number): SlotRun {
  let count = 0
  let startMs = 0
  for (const range of ranges) {
    if (range.intervalMs !== intervalMs) break
    const part = Math.min(most - count, range.left)
    startMs = Math.max(startMs, range.startMs - count * intervalMs)
    range.startMs += part * intervalMs
    range.left -= part
    count += part
    if (count === most) break
  }
  return { count, startMs, intervalMs }
}

/** Too long ago to be used. */
export function isPassed({ startMs, intervalMs }: Slots, now: Date): boolean {
  return startMs < now.getTime() - latestMs(intervalMs)
}

function latestMs(intervalMs: number): number {
  return Math.min(LATEST_MS.most, Math.max(LATEST_MS.least, LATEST * intervalMs))
}

function withoutPassed(range: Range, nowMs: number): Range[] {
  const lateMs = nowMs - latestMs(range.intervalMs) - range.startMs
  const passed = Math.max(0, Math.ceil(lateMs / range.intervalMs))
  if (passed >= range.left) return []
  return [{ ...range, startMs: range.startMs + passed * range.intervalMs, left: range.left - passed }]
}
