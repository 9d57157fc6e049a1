/**
 * Hands out the send slots that this process holds of each number: taken from the number's pace in one go for several
 * blocks, and used by whichever page is ready next. Slots of one page alone would pass unused while Meta takes its time to
 * answer. Pages that have begun go before others: each of them that waits has results of Meta's which are not recorded yet.
 */
import type { Deps } from '../deps.ts'
import { flights, type Flight } from './flights.ts'
import { heldSlots, isPassed, LONGEST_WAIT_MS, type SlotRequest } from './held-slots.ts'
import type { Pacer } from './pacer.ts'

/** A page begins when its first slot is this near: nearer ones are left by those that have begun. */
const NEAR_MS = 100
/** What waited in vain, as long as a worker waits, comes back after this at the earliest. */
const SHORTEST_RETURN_MS = 1_000
/** A block takes this long at most, so that pausing is quick however slow the number is. */
const LONGEST_BLOCK_MS = 1_000

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

/** The page goes back to the queue instead of keeping a worker. */
interface Later {
  kind: 'later'
  waitMs: number
}

export type SlotWait = TakenSlots | Later

export interface SlotPool {
  /** Slots for up to `wanted` sends now. `hasBegun`: the page has sent a block already since its worker took it. */
  take(request: SlotRequest & { hasBegun: boolean }): Promise<SlotWait>
  /** What is held of this number is given up: its rate has changed. */
  giveUp(metaNumberId: string): void
}

type PoolDeps = Pick<Deps, 'now' | 'sleep'> & { pacer: Pick<Pacer, 'reserve' | 'admit'> }

export function slotPool(deps: PoolDeps): SlotPool {
  const pools = new Map<string, ReturnType<typeof poolOf>>()
  return {
    take({ hasBegun, ...request }) {
      const pool = pools.get(request.metaNumberId) ?? poolOf(deps)
      pools.set(request.metaNumberId, pool)
      return hasBegun ? pool.goOn(request) : pool.begin(request)
    },
    giveUp: (metaNumberId) => pools.get(metaNumberId)?.giveUp(),
  }
}

/** One number's. */
function poolOf(deps: PoolDeps) {
  const { now, sleep } = deps
  const held = heldSlots(deps)
  const taking = takingFrom(deps, held)
  // So that nobody takes new slots while there are some.
  const oneAtATime = sequence()
  // Pages that have not begun, in the order in which they came.
  const line = sequence()
  let inLine = 0

  async function atTheHead(request: SlotRequest, untilMs: number, ahead: number): Promise<SlotWait> {
    while (now().getTime() <= untilMs) {
      const slots = await oneAtATime(() => taking.takeIfNear(request))
      if (slots.kind !== 'early') return slots
      await sleep(slots.waitMs)
    }
    const othersMs = (ahead * request.remaining * 1000) / request.ratePerSecond
    return { kind: 'later', waitMs: Math.max(SHORTEST_RETURN_MS, othersMs) }
  }

  return {
    goOn: (request: SlotRequest) => oneAtATime(() => taking.take(request)),
    begin(request: SlotRequest): Promise<SlotWait> {
      const untilMs = now().getTime() + LONGEST_WAIT_MS
      const ahead = inLine++
      return line(() => atTheHead(request, untilMs, ahead)).finally(() => inLine--)
    },
    giveUp: () => held.giveUp(),
  }
}

function takingFrom({ pacer, now }: PoolDeps, held: ReturnType<typeof heldSlots>) {
  const underWay = flights()

  async function take(request: SlotRequest): Promise<SlotWait> {
    if (held.count(request.ratePerSecond) < request.wanted) {
      const waitMs = await held.reserve(request)
      if (waitMs !== undefined && held.count(request.ratePerSecond) === 0) return { kind: 'later', waitMs }
    }
    const waitMs = held.untilFirstMs()
    return waitMs > LONGEST_WAIT_MS ? { kind: 'later', waitMs } : fromFirst(request)
  }

  function fromFirst({ metaNumberId, ratePerSecond, wanted }: SlotRequest): TakenSlots {
    const run = held.takeFirst(wanted, LONGEST_BLOCK_MS)
    const { count, startMs, intervalMs } = run
    return {
      kind: 'go',
      count,
      waitMs: Math.max(0, startMs - now().getTime()),
      intervalMs,
      depart: () => inTime(underWay.depart(count, ratePerSecond), () => !isPassed(run, now())),
      admit: () => pacer.admit(metaNumberId, count, intervalMs * CATCH_UP_SHARE),
    }
  }

  return {
    take,
    /** `early`: for so long there will be none that are near. */
    async takeIfNear(request: SlotRequest): Promise<SlotWait | { kind: 'early'; waitMs: number }> {
      if (held.count(request.ratePerSecond) === 0) {
        const waitMs = await held.reserve(request)
        if (waitMs !== undefined) return { kind: 'later', waitMs }
      }
      const earlyMs = held.untilFirstMs() - NEAR_MS
      // Clocks show whole milliseconds: less would not pass.
      return earlyMs > 0 ? { kind: 'early', waitMs: Math.ceil(earlyMs) } : take(request)
    },
  }
}

async function inTime(departure: Promise<Flight>, isInTime: () => boolean): Promise<Flight | undefined> {
  const flight = await departure
  if (isInTime()) return flight
  flight.end()
  return undefined
}

/** Does what it is given in the order in which it came, each when the one before is done. */
function sequence() {
  let last: Promise<unknown> = Promise.resolve()
  return <Result>(work: () => Promise<Result>): Promise<Result> => {
    const mine = last.then(work)
    last = mine.catch(() => undefined)
    return mine
  }
}
