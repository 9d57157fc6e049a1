/**
 * The generic cell rate algorithm: a number's pace is one point in time, the next free send slot. Taking slots moves it
 * on by what they cost; it never lies in the past. Whoever moves it by compare-and-swap owns the slots in between.
 */

export interface Pace {
  /** Unix milliseconds of the next free slot. */
  nextFreeMs: number
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

export const FRESH_PACE: Pace = { nextFreeMs: 0, factor: 1, slowedAtMs: 0 }

/** Room left for what is not counted here: single messages, clocks that differ between instances, and short stalls. */
const USED_SHARE = 0.95
const SLOWED_BY = 0.9
const LOWEST_FACTOR = 0.05
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
  const startMs = Math.max(pace.nextFreeMs, nowMs)
  return { pace: { ...pace, nextFreeMs: startMs + count * intervalMs }, slots: { startMs, intervalMs } }
}

/** The pace after Meta answered 130429 (number over its throughput). */
export function slowedDown(pace: Pace, nowMs: number): Pace {
  const factor = Math.max(LOWEST_FACTOR, currentFactor(pace, nowMs) * SLOWED_BY)
  return { nextFreeMs: Math.max(pace.nextFreeMs, nowMs + 1000), factor, slowedAtMs: nowMs }
}

/** Recovery is computed from the time passed, so that nothing has to write it. */
export function currentFactor(pace: Pace, nowMs: number): number {
  return Math.min(1, pace.factor + (Math.max(0, nowMs - pace.slowedAtMs) / 1000) * RECOVERY_PER_SECOND)
}
