/** Meta's limits on sending: throughput of a number, one number to one user, unique users of a portfolio in a day. */
import type { Behaviour } from './behaviour.ts'
import type { PhoneNumber } from './world.ts'

const throughputPerSecond = { STANDARD: 80, HIGH: 1000 } as const
const dayMs = 24 * 3600 * 1000
const tiers: Readonly<Record<string, number>> = {
  TIER_50: 50,
  TIER_250: 250,
  TIER_1K: 1000,
  TIER_2K: 2000,
  TIER_10K: 10_000,
  TIER_100K: 100_000,
}

export class Limits {
  #rates = new Map<string, SlidingSecond>()
  #pairs = new Map<string, number>()
  #pairsBeforeSweep = 20_000
  #portfolios = new Map<string, Map<string, number>>()

  /** The code of the limit that stands against one more send now; a send that is let through is counted. */
  take(behaviour: Behaviour, number: PhoneNumber, user: string, now: number): 130429 | 131056 | undefined {
    const rate = this.#rateOf(number.id, throughputPerSecond[number.throughput] * (1 + behaviour.throughput_tolerance))
    if (!rate.hasRoom(now)) return 130429
    if (!this.#takePair(behaviour, `${number.id}/${user}`, now)) return 131056
    rate.take(now)
    return undefined
  }

  /** Whether this user still fits under the portfolio's limit of the moving day; counts them if so. */
  takePortfolio(businessId: string, tier: string, user: string, now: number): boolean {
    const limit = tiers[tier] ?? Infinity
    const users = this.#portfolios.get(businessId) ?? new Map<string, number>()
    this.#portfolios.set(businessId, users)
    for (const [oldest, at] of users) {
      if (now - at < dayMs) break
      users.delete(oldest)
    }
    if (!users.has(user) && users.size >= limit) return false
    // Taken out and put in again: the map stays in the order of time.
    users.delete(user)
    users.set(user, now)
    return true
  }

  clear(): void {
    this.#rates.clear()
    this.#pairs.clear()
    this.#portfolios.clear()
  }

  #rateOf(numberId: string, perSecond: number): SlidingSecond {
    const capacity = Math.floor(perSecond)
    const known = this.#rates.get(numberId)
    if (known?.capacity === capacity) return known
    const rate = new SlidingSecond(capacity)
    this.#rates.set(numberId, rate)
    return rate
  }

  // One per interval, with a burst that is borrowed from later: the theoretical arrival time of GCRA.
  #takePair({ pair_interval_ms: interval, pair_burst: burst }: Behaviour, key: string, now: number): boolean {
    if (interval === 0 || burst === 0) return true
    const next = Math.max(now, this.#pairs.get(key) ?? 0) + interval
    if (next - now > burst * interval) return false
    this.#pairs.set(key, next)
    if (this.#pairs.size > this.#pairsBeforeSweep) this.#sweep(now)
    return true
  }

  #sweep(now: number): void {
    for (const [key, next] of this.#pairs) if (next <= now) this.#pairs.delete(key)
    this.#pairsBeforeSweep = 20_000 + this.#pairs.size
  }
}

/** Exact: the send `capacity` places back must be at least a second old. */
class SlidingSecond {
  readonly capacity: number
  #times: Float64Array
  #next = 0

  constructor(capacity: number) {
    this.capacity = capacity
    this.#times = new Float64Array(Math.max(1, capacity)).fill(-Infinity)
  }

  hasRoom(now: number): boolean {
    return now - (this.#times[this.#next] ?? 0) >= 1000
  }

  take(now: number): void {
    this.#times[this.#next] = now
    this.#next = (this.#next + 1) % this.#times.length
  }
}
