/**
 * The send slots that this process holds of each number: taken from the number's pace in one go for several blocks, and
 * used by whichever page is ready next. Slots of one page alone would pass unused while Meta takes its time to answer.
 */
import { flights, type Flight } from './flights.ts'
import type { Slots } from './gcra.ts'
import type { Pacer } from './pacer.ts'

/** Further away than this, the page goes back to the queue instead of keeping a worker. */
const LONGEST_WAIT_MS = 5_000
/**
 * Slots that passed longer ago than so many take are given up: other processes use theirs meanwhile, and together they would
 * send too fast. At most two seconds, and some time for a process that is busy.
 */
const LATEST = 32
const LATEST_MS = { least: 100, most: 2_000 }
/** Taken in one go at most, or slots of a slow number lie with a process whose pages wait for Meta. */
const MOST_SLOTS = 64
/** A block takes this long at most, so that pausing is quick however slow the number is. */
const LONGEST_BLOCK_MS = 1_000
/** Taken in one go at least: what of them nobody uses is no loss, and a fast number's row is not written all the time. */
const FEWEST_MS = 150

/** How much closer sends may follow that are late: not as close as Meta allows, for on their way they bunch up. */
const CATCH_UP_SHARE = 0.985

/** Slots for the next sends. */
export interface TakenSlots {
  kind: 'go'
  /** For so many sends: fewer than were asked for where the number is slow. */
  count: number
  /** Until the first of them; the others follow at this distance. */
  waitMs: number
  intervalMs: number
  /** When the wait is over, holds the block back while too many are under way; undefined if the slots are too old then. */
  depart: () => Promise<Flight | undefined>
  /** Called last; it may ask for a little more waiting. */
  admit: () => number
}

export type SlotWait = TakenSlots | { kind: 'later'; waitMs: number }

export interface SlotRequest {
  metaNumberId: string
  ratePerSecond: number
  /** A block's. */
  wanted: number
  /** What the page still has to send, this block included. */
  remaining: number
}

export interface SlotPool {
  /** Slots for up to `wanted` sends now. */
  take(request: SlotRequest): Promise<SlotWait>
  /** What is held of this number is given up: its rate has changed. */
  giveUp(metaNumberId: string): void
}

type Range = Slots & { left: number }

/** One number's: its ranges in the order in which they were taken, none of them empty. */
interface Held {
  ratePerSecond: number
  ranges: Range[]
}

type SlotPacer = Pick<Pacer, 'reserve' | 'admit'>

export function slotPool(pacer: SlotPacer, now: () => Date): SlotPool {
  const pools = new Map<string, ReturnType<typeof poolOf>>()
  return {
    take(request) {
      const pool = pools.get(request.metaNumberId) ?? poolOf(pacer, request.metaNumberId, now)
      pools.set(request.metaNumberId, pool)
      return pool.take(request)
    },
    giveUp: (metaNumberId) => pools.get(metaNumberId)?.giveUp(),
  }
}

function poolOf(pacer: SlotPacer, metaNumberId: string, now: () => Date) {
  const underWay = flights()
  let held: Held = { ratePerSecond: 0, ranges: [] }
  let turn: Promise<unknown> = Promise.resolve()

  function refresh(ratePerSecond: number): Held {
    const nowMs = now().getTime()
    const ranges = held.ratePerSecond === ratePerSecond ? held.ranges : []
    held = { ratePerSecond, ranges: ranges.flatMap((range) => withoutPassed(range, nowMs)) }
    return held
  }

  async function take({ ratePerSecond, wanted, remaining }: SlotRequest): Promise<SlotWait> {
    if (leftIn(refresh(ratePerSecond)) < wanted) {
      const count = Math.max(wanted, Math.min(remaining, MOST_SLOTS), Math.floor((ratePerSecond * FEWEST_MS) / 1000))
      const taken = await pacer.reserve(metaNumberId, { count, ratePerSecond, maxWaitMs: LONGEST_WAIT_MS })
      refresh(ratePerSecond)
      if ('startMs' in taken) held.ranges.push({ ...taken, left: count })
      else if (leftIn(held) === 0) return { kind: 'later', waitMs: taken.waitMs }
    }
    return fromFirst(wanted)
  }

  function fromFirst(wanted: number): SlotWait {
    const [first] = held.ranges
    if (!first) throw new RangeError('There are no slots to take')
    const nowMs = now().getTime()
    if (first.startMs - nowMs > LONGEST_WAIT_MS) return { kind: 'later', waitMs: first.startMs - nowMs }
    const { intervalMs } = first
    const { count, startMs } = takeFirst(held, Math.min(wanted, Math.max(1, Math.floor(LONGEST_BLOCK_MS / intervalMs))))
    const { ratePerSecond } = held
    return {
      kind: 'go',
      count,
      waitMs: Math.max(0, startMs - nowMs),
      intervalMs,
      depart: () => inTime(underWay.depart(count, ratePerSecond), () => !isPassed(startMs, intervalMs, now())),
      admit: () => pacer.admit(metaNumberId, count, intervalMs * CATCH_UP_SHARE),
    }
  }

  return {
    /** One at a time, so that nobody takes new slots while there are some. */
    take(request: SlotRequest): Promise<SlotWait> {
      const mine = turn.then(() => take(request))
      turn = mine.catch(() => undefined)
      return mine
    },
    giveUp() {
      held = { ratePerSecond: 0, ranges: [] }
    },
  }
}

async function inTime(departure: Promise<Flight>, isInTime: () => boolean): Promise<Flight | undefined> {
  const flight = await departure
  if (isInTime()) return flight
  flight.end()
  return undefined
}

function isPassed(startMs: number, intervalMs: number, now: Date): boolean {
  return startMs < now.getTime() - latestMs(intervalMs)
}

function leftIn({ ranges }: Held): number {
  return ranges.reduce((sum, { left }) => sum + left, 0)
}

/** Up to so many slots at one distance. They start so that none is used before its time, where they are not in one piece. */
function takeFirst(held: Held, most: number): { count: number; startMs: number } {
  const intervalMs = held.ranges[0]?.intervalMs
  let count = 0
  let startMs = 0
  for (const range of held.ranges) {
    if (range.intervalMs !== intervalMs) break
    const part = Math.min(most - count, range.left)
    startMs = Math.max(startMs, range.startMs - count * intervalMs)
    range.startMs += part * intervalMs
    range.left -= part
    count += part
    if (count === most) break
  }
  held.ranges = held.ranges.filter(({ left }) => left > 0)
  return { count, startMs }
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
