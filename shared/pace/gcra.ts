/**
 * The generic cell rate algorithm: a number's pace is one point in time, the next free send slot. Taking slots moves it
 * on by what they cost; it never lies in the past. Whoever moves it by compare-and-swap owns the slots in between.
 */

export interface Pace {
  /** Unix milliseconds of the next free slot. */
  nextFreeMs: number
  /** The same of the share that is kept for single messages while a campaign sends. */
  singleFreeMs: number
  /** Share of the allowed rate in use after Meta said "too fast" (1 = all of it), as it was at `slowedAtMs`. */
  factor: number
  slowedAtMs: number
}

export interface Slots {
  /** Unix milliseconds of the first slot. */
  startMs: number
  /** Milliseconds between two slots. */
  intervalMs: number
}

export const FRESH_PACE: Pace = { nextFreeMs: 0, singleFreeMs: 0, factor: 1, slowedAtMs: 0 }

/** Room left for what is not counted here: clocks that differ between instances, and what people write to us. */
export const USED_SHARE = 0.95
/** Beside it, so that a single message never waits for a campaign. */
const SINGLE_SHARE = 0.04
/** Slots that passed while every worker was late, as many as the room left in a second holds, are still used. */
const CATCH_UP_MS = (1 - USED_SHARE) * 1000
const SLOWED_BY = 0.9
const LOWEST_FACTOR = 0.05
const SHORT_STOP_MS = 1000
/** The factor grows back by this much a second. */
const RECOVERY_PER_SECOND = 0.02

/** Takes `count` consecutive slots at `ratePerSecond`. */
export function takeSlots(
  pace: Pace,
  count: number,
  ratePerSecond: number,
  nowMs: number,
): { pace: Pace; slots: Slots } {
  const intervalMs = 1000 / (ratePerSecond * USED_SHARE * currentFactor(pace, nowMs))
  const isJustLate = pace.nextFreeMs >= nowMs - CATCH_UP_MS
  const startMs = isJustLate ? pace.nextFreeMs : nowMs
  return { pace: { ...pace, nextFreeMs: startMs + count * intervalMs }, slots: { startMs, intervalMs } }
}

/** Takes a slot for a single message: the next one, or one of the share that campaigns leave. */
export function takeSingleSlot(pace: Pace, ratePerSecond: number, nowMs: number): { pace: Pace; slots: Slots } {
  const ownMs = Math.max(pace.singleFreeMs, nowMs)
  if (pace.nextFreeMs <= ownMs) return takeSlots(pace, 1, ratePerSecond, nowMs)
  const ownIntervalMs = 1000 / (ratePerSecond * SINGLE_SHARE * currentFactor(pace, nowMs))
  const slots = { startMs: ownMs, intervalMs: 1000 / ratePerSecond }
  return { pace: { ...pace, singleFreeMs: ownMs + ownIntervalMs }, slots }
}

/**
 * The pace after Meta answered 130429 (number over its throughput), or another code of its kind that wants a longer stop.
 * What it refuses while the number stands still was on its way before: a burst of such answers is one slow-down.
 */
export function slowedDown(pace: Pace, nowMs: number, stopMs = SHORT_STOP_MS): Pace {
  const stillUntilMs = pace.slowedAtMs + SHORT_STOP_MS
  if (nowMs < stillUntilMs && nowMs + stopMs < stillUntilMs + SHORT_STOP_MS) return pace
  const factor = Math.max(LOWEST_FACTOR, currentFactor(pace, nowMs) * SLOWED_BY)
  const notBeforeMs = nowMs + stopMs
  return {
    nextFreeMs: Math.max(pace.nextFreeMs, notBeforeMs),
    singleFreeMs: Math.max(pace.singleFreeMs, notBeforeMs),
    factor,
    // It recovers while it sends, and not while it stands still.
    slowedAtMs: notBeforeMs - SHORT_STOP_MS,
  }
}

/** Recovery is computed from the time passed, so that nothing has to write it. */
export function currentFactor(pace: Pace, nowMs: number): number {
  return Math.min(1, pace.factor + (Math.max(0, nowMs - pace.slowedAtMs) / 1000) * RECOVERY_PER_SECOND)
}
