import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { attempted, NO_TALLY, takenBack, type Rule, type Tally } from '../../../shared/throttle/rules.ts'

const FIXED: Rule = { name: 'fixed', limit: 5, kind: 'fixed', seconds: 60 }
const GROWING: Rule = { name: 'growing', limit: 3, kind: 'growing', seconds: 3600 }
const START = Date.parse('2026-05-01T12:00:00Z')

/** Attempts at these seconds: the wait of each in seconds, 0 for one that was let through. */
function waits(rule: Rule, moments: number[]): number[] {
  let tally: Tally = NO_TALLY
  return moments.map((second) => {
    const next = attempted(rule, tally, START + second * 1000)
    if ('waitMs' in next) return next.waitMs / 1000
    tally = next
    return 0
  })
}

describe('a fixed limit', () => {
  it('lets so many through in each window, and then none until it ends', () => {
    expect(waits(FIXED, [0, 1, 2, 3, 4, 5, 30, 59])).toEqual([0, 0, 0, 0, 0, 55, 30, 1])
    expect(waits(FIXED, [0, 1, 2, 3, 4, 60, 61, 62, 63, 64, 65])).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 55])
  })

  it('starts its window with the first attempt', () => {
    expect(waits(FIXED, [1000, 1030, 1059, 1060, 1061, 1062, 1063, 1064, 1065])).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 55])
  })

  it('never lets more through in any window than its limit', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20), { maxLength: 200 }), (gaps) => {
        const moments = gaps.map((_, index) => gaps.slice(0, index + 1).reduce((sum, gap) => sum + gap, 0))
        const through = waits(FIXED, moments).flatMap((wait, index) => (wait === 0 ? [moments[index] ?? 0] : []))
        // Two windows can meet, so any 60 seconds have the limits of two.
        for (const from of through) {
          expect(through.filter((at) => at >= from && at < from + 60).length).toBeLessThanOrEqual(2 * FIXED.limit)
        }
      }),
    )
  })
})

describe('a growing limit', () => {
  it('doubles the wait with each attempt beyond it, up to a quarter of an hour', () => {
    const moments = [0, 0, 0, 0, 30, 30, 90, 210, 450, 930, 930 + 899, 930 + 900, 930 + 900]
    expect(waits(GROWING, moments)).toEqual([0, 0, 0, 30, 0, 60, 0, 0, 0, 0, 1, 0, 900])
  })

  it('does not count what it refuses: asking all the time makes nothing worse', () => {
    const refused = Array.from({ length: 29 }, (_, index) => index + 1)
    expect(waits(GROWING, [0, 0, 0, ...refused, 30])).toEqual([0, 0, 0, ...refused.toReversed(), 0])
  })

  it('forgets after a quiet hour', () => {
    expect(waits(GROWING, [0, 0, 0, 3599, 3599])).toEqual([0, 0, 0, 0, 60])
    expect(waits(GROWING, [0, 0, 0, 3600, 3600, 3600, 3600])).toEqual([0, 0, 0, 0, 0, 0, 30])
  })

  it('lets a guesser make a hundred attempts a day or so', () => {
    const everySecond = Array.from({ length: 24 * 3600 }, (_, second) => second)
    const through = waits({ ...GROWING, limit: 10 }, everySecond).filter((wait) => wait === 0).length
    expect(through).toBeLessThan(120)
  })
})

describe('an attempt that is taken back', () => {
  it('leaves room for another one', () => {
    let tally: Tally = NO_TALLY
    for (let turn = 0; turn < 50; turn++) {
      const next = attempted(FIXED, tally, START)
      if ('waitMs' in next) throw new Error('refused')
      tally = takenBack(next)
    }
    expect(tally.count).toBe(0)
    expect(takenBack(NO_TALLY).count).toBe(0)
  })
})
