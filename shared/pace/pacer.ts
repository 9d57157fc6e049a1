/**
 * What every instance shares about sending, each through table rows that are written by compare-and-swap: the send slots
 * of a phone number, whom its portfolio wrote to, and how often a workspace wrote to each contact.
 */
import type { Row } from '../azure/tables.ts'
import type { Deps } from '../deps.ts'
import { AppError, isConflict } from '../errors.ts'
import {
  currentFactor,
  FRESH_PACE,
  slowedDown,
  takeSingleSlot,
  takeSlots,
  USED_SHARE,
  type Pace,
  type Slots,
} from './gcra.ts'
import { frequencyBook, type FrequencyBook } from './frequency.ts'
import { portfolioBook, type Room, type RoomRequest } from './portfolio.ts'

const ROW_KEY = 'number'
const ATTEMPTS = 20

export interface SlotRequest {
  count: number
  ratePerSecond: number
  /** Take nothing if the first slot is further away than this. */
  maxWaitMs: number
  /** A single message: does not stand in line behind campaigns. */
  isSingle?: boolean
}

export interface Pacer {
  /** The slots, or how many milliseconds to come back after. */
  reserve(metaNumberId: string, request: SlotRequest): Promise<Slots | { waitMs: number }>
  /**
   * How long `count` sends whose slots have come must still wait for sends this process admitted before: after a stall,
   * all that is late would otherwise go out at once.
   */
  admit(metaNumberId: string, count: number, intervalMs: number): number
  /** Who of the users still fits into what Meta allows the portfolio in 24 hours. */
  roomFor(portfolio: string, request: RoomRequest): Promise<Room>
  /** How often each contact of a workspace is written to. */
  frequency: FrequencyBook
  /** Meta said the number sends too fast: it stands still for so long, and goes on slower. */
  slowDown(metaNumberId: string, stopMs?: number): Promise<void>
}

export function pacer({ paceTable, now }: Pick<Deps, 'paceTable' | 'now'>): Pacer {
  // The last row seen of each number: usually nobody else wrote since, and the swap needs no read before it.
  const known = new Map<string, Row>()
  const turns = new Map<string, Promise<unknown>>()
  const takeRoom = portfolioBook({ paceTable, now })

  async function swap<T>(number: string, change: (pace: Pace) => { pace: Pace | undefined; result: T }): Promise<T> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const row = known.get(number) ?? (await paceTable.read(number, ROW_KEY))
      const { pace, result } = change(row ? toPace(row) : FRESH_PACE)
      if (!pace) return result
      const version = row?.etag === undefined ? {} : { etag: row.etag }
      const next: Row = { partition: number, key: ROW_KEY, cells: { ...pace }, ...version }
      try {
        const [etag = ''] = await paceTable.write([next])
        known.set(number, { ...next, etag })
        return result
      } catch (error) {
        known.delete(number)
        if (!isConflict(error)) throw error
      }
    }
    throw new AppError('conflict', 'The pace of this number changes too fast to take part in it')
  }

  /** One swap at a time per row in this process, or its own callers would conflict with each other. */
  function inTurn<T>(key: string, work: () => Promise<T>): Promise<T> {
    const mine = (turns.get(key) ?? Promise.resolve()).then(work, work)
    turns.set(key, mine)
    return mine
  }

  return {
    reserve: (number, { count, ratePerSecond, maxWaitMs, isSingle = false }) =>
      inTurn(number, () =>
        swap(number, (pace): { pace: Pace | undefined; result: Slots | { waitMs: number } } => {
          const nowMs = now().getTime()
          const taken = isSingle
            ? takeSingleSlot(pace, ratePerSecond, nowMs)
            : takeSlots(pace, count, ratePerSecond, nowMs)
          const waitMs = taken.slots.startMs - nowMs
          if (waitMs > maxWaitMs) return { pace: undefined, result: { waitMs } }
          return { pace: taken.pace, result: taken.slots }
        }),
      ),
    admit: admissions(now),
    roomFor: (portfolio, request) => inTurn(`portfolio ${portfolio}`, () => takeRoom(portfolio, request)),
    frequency: oneByOne(frequencyBook({ paceTable, now }), inTurn),
    slowDown: (number, stopMs) =>
      inTurn(number, () => swap(number, (pace) => slower(pace, slowedDown(pace, now().getTime(), stopMs)))),
  }
}

/** Nothing is written where it is slow already. */
function slower(pace: Pace, slow: Pace): { pace: Pace | undefined; result: undefined } {
  return { pace: slow === pace ? undefined : slow, result: undefined }
}

/** What a campaign sends of the number's rate now: Meta may have slowed it down. One table request. */
export async function campaignRate(
  { paceTable, now }: Pick<Deps, 'paceTable' | 'now'>,
  metaNumberId: string,
  ratePerSecond: number,
): Promise<number> {
  const row = await paceTable.read(metaNumberId, ROW_KEY)
  return ratePerSecond * USED_SHARE * currentFactor(row ? toPace(row) : FRESH_PACE, now().getTime())
}

type InTurn = <T>(key: string, work: () => Promise<T>) => Promise<T>

/** One change at a time of a workspace in this process. */
function oneByOne(book: FrequencyBook, inTurn: InTurn): FrequencyBook {
  return {
    count: (workspaceId, request) => inTurn(`frequency ${workspaceId}`, () => book.count(workspaceId, request)),
    giveBack: (workspaceId, request, counted) =>
      inTurn(`frequency ${workspaceId}`, () => book.giveBack(workspaceId, request, counted)),
  }
}

function admissions(now: () => Date): Pacer['admit'] {
  const until = new Map<string, number>()
  return (number, count, intervalMs) => {
    const nowMs = now().getTime()
    const atMs = Math.max(nowMs, until.get(number) ?? 0)
    until.set(number, atMs + count * intervalMs)
    return atMs - nowMs
  }
}

function toPace(row: Row): Pace {
  const cell = (name: keyof Pace): number => {
    const value = row.cells[name]
    return typeof value === 'number' ? value : FRESH_PACE[name]
  }
  return {
    nextFreeMs: cell('nextFreeMs'),
    singleFreeMs: cell('singleFreeMs'),
    factor: cell('factor'),
    slowedAtMs: cell('slowedAtMs'),
  }
}
