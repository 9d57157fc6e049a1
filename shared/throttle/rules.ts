/** How many attempts are let through, and how long to wait after too many. Pure: a tally and the time in, the next tally out. */

/** What is remembered of attempts of one kind. */
export interface Tally {
  count: number
  /** When the window began, or when the latest attempt was let through. */
  sinceMs: number
  /** Before it, nothing is let through. */
  blockedUntilMs: number
  /** Until then an earlier success counts. */
  trustedUntilMs: number
}

export const NO_TALLY: Tally = { count: 0, sinceMs: 0, blockedUntilMs: 0, trustedUntilMs: 0 }

export interface Rule {
  /** A part of the row's key: tallies of different rules never mix. */
  name: string
  limit: number
  /** Fixed: `limit` in each window. Growing: `limit` at once, then each attempt doubles the wait for the next. */
  kind: 'fixed' | 'growing'
  /** Fixed: the window's length. Growing: the quiet time after which all is forgotten. */
  seconds: number
}

const FIRST_WAIT_MS = 30_000
const LONGEST_WAIT_MS = 15 * 60_000

/** Counts one attempt, or tells how long to wait for the next one to be let through. */
export function attempted(rule: Rule, tally: Tally, nowMs: number): Tally | { waitMs: number } {
  if (nowMs < tally.blockedUntilMs) return { waitMs: tally.blockedUntilMs - nowMs }
  const isOver = nowMs - tally.sinceMs >= rule.seconds * 1000
  const sinceMs = isOver || rule.kind === 'growing' ? nowMs : tally.sinceMs
  const count = (isOver ? 0 : tally.count) + 1
  return { ...tally, count, sinceMs, blockedUntilMs: blockedUntil(rule, count, sinceMs) }
}

function blockedUntil({ kind, limit, seconds }: Rule, count: number, sinceMs: number): number {
  if (count < limit) return 0
  if (kind === 'fixed') return sinceMs + seconds * 1000
  return sinceMs + Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (count - limit))
}

/** The attempt was none of those that are counted after all. */
export function takenBack(tally: Tally): Tally {
  return { ...tally, count: Math.max(0, tally.count - 1), blockedUntilMs: 0 }
}
