/** When a delivery that failed is tried again. Pure. */

const MINUTE = 60
const HOUR = 60 * MINUTE

/** Seconds after each failed attempt: nine attempts over a day and an hour. */
const DELAYS_SECONDS = [10, MINUTE, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 4 * HOUR, 8 * HOUR, 10 * HOUR]

/** So that what failed together does not come back together. */
const JITTER = 0.2

/** The wait after so many failed attempts (1 or more), or undefined once it is given up. `chance` is from 0 to 1. */
export function retryDelaySeconds(failedAttempts: number, chance: number): number | undefined {
  const delay = DELAYS_SECONDS[failedAttempts - 1]
  return delay === undefined ? undefined : Math.round(delay * (1 - JITTER + 2 * JITTER * chance))
}
