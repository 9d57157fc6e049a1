import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { currentFactor, FRESH_PACE, slowedDown, takeSingleSlot, takeSlots } from '../../../shared/pace/gcra.ts'
import { pacer } from '../../../shared/pace/pacer.ts'
import { aWorld, type World } from '../../support/world.ts'

describe('the pace of a number', () => {
  it('never gives the same slot twice and never one in the past', () => {
    const first = takeSlots(FRESH_PACE, 32, 80, 1000)
    expect(first.slots.startMs).toBe(1000)
    const second = takeSlots(first.pace, 32, 80, 1000)
    expect(second.slots.startMs).toBeCloseTo(1000 + 32 * first.slots.intervalMs, 6)
    expect(takeSlots(second.pace, 1, 80, 60_000).slots.startMs).toBe(60_000)
  })

  it('makes good what all workers were late by, within the room that is left in a second', () => {
    const { pace } = takeSlots(FRESH_PACE, 80, 80, 1_000_000)
    const free = pace.nextFreeMs
    expect(takeSlots(pace, 1, 80, free + 40).slots.startMs).toBe(free)
    expect(takeSlots(pace, 1, 80, free + 60).slots.startMs).toBe(free + 60)
  })

  it('has a share for single messages, so that none waits behind a campaign', () => {
    let { pace } = takeSlots(FRESH_PACE, 800, 80, 1_000_000)
    const starts = [1, 2, 3].map(() => {
      const taken = takeSingleSlot(pace, 80, 1_000_000)
      pace = taken.pace
      return taken.slots.startMs
    })
    // 4 % of 80 a second beside the campaign's 95 %.
    expect(starts).toEqual([1_000_000, 1_000_312.5, 1_000_625])
    expect(takeSlots(pace, 1, 80, 1_000_000).slots.startMs).toBeCloseTo(1_000_000 + 800 / 0.076, 6)
    // Without a campaign they have all of it.
    const alone = takeSingleSlot(FRESH_PACE, 80, 1_000_000)
    expect(takeSingleSlot(alone.pace, 80, 1_000_000).slots.startMs).toBeLessThan(1_000_014)
    // What Meta slowed down is slow for them, too.
    expect(takeSingleSlot(slowedDown(pace, 1_000_000), 80, 1_000_000).slots.startMs).toBeGreaterThanOrEqual(1_001_000)
  })

  it('uses at least 93 % of what Meta allows, and never more than all of it', () => {
    const { intervalMs } = takeSlots(FRESH_PACE, 1, 80, 0).slots
    expect(1000 / intervalMs).toBeLessThan(80)
    expect(1000 / intervalMs / 80).toBeGreaterThan(0.93)
  })

  it('slows down when Meta says so and recovers by itself', () => {
    const slow = slowedDown(FRESH_PACE, 10_000)
    expect(currentFactor(slow, 10_000)).toBeCloseTo(0.9)
    expect(currentFactor(slow, 12_500)).toBeCloseTo(0.95)
    expect(currentFactor(slow, 3_600_000)).toBe(1)
    expect(takeSlots(slow, 1, 80, 10_000).slots.startMs).toBe(11_000)
    let slower = slow
    for (let second = 11; second < 90; second++) slower = slowedDown(slower, second * 1000)
    expect(currentFactor(slower, 89_000)).toBeLessThan(0.2)
    expect(currentFactor(slower, 89_000)).toBeGreaterThanOrEqual(0.05)
  })

  it('takes refusals of one burst for one', () => {
    const slow = slowedDown(FRESH_PACE, 10_000)
    for (const laterMs of [0, 20, 999]) expect(slowedDown(slow, 10_000 + laterMs)).toBe(slow)
    expect(currentFactor(slowedDown(slow, 11_000), 11_000)).toBeCloseTo(0.92 * 0.9)
  })
})

describe('a longer stop', () => {
  it('lets nobody send before its end, and starts slower from there', () => {
    const { pace } = takeSlots(FRESH_PACE, 10, 80, 0)
    const stopped = slowedDown(pace, 0, 120_000)
    expect(takeSlots(stopped, 1, 80, 500).slots.startMs).toBe(120_000)
    expect(takeSingleSlot(stopped, 80, 500).slots.startMs).toBe(120_000)
    expect(currentFactor(stopped, 119_000)).toBeCloseTo(0.9)
  })
})

describe('the pacer', () => {
  let world: World
  beforeAll(async () => {
    world = await aWorld()
  })
  afterAll(() => world.close())

  it('hands out disjoint slots to instances that ask at the same time', async () => {
    const instances = Array.from({ length: 3 }, () => pacer(world.deps))
    const request = { count: 32, ratePerSecond: 80, maxWaitMs: 600_000 }
    const answers = await Promise.all(
      instances.flatMap((instance) => Array.from({ length: 6 }, () => instance.reserve('106540000000001', request))),
    )
    const starts = answers.map((answer) => ('startMs' in answer ? answer.startMs : Number.NaN)).sort((a, b) => a - b)
    const gaps = starts.slice(1).map((start, index) => start - starts[index]!)
    // Each block of 32 takes 32 slots of 1000 / (80 × 0.95) ms.
    for (const gap of gaps) expect(gap).toBeGreaterThan(421)
    expect(starts).toHaveLength(18)
  })

  it('takes nothing when the next slot is too far away', async () => {
    const number = '106540000000002'
    const instance = pacer(world.deps)
    await instance.reserve(number, { count: 800, ratePerSecond: 80, maxWaitMs: 0 })
    const answer = await instance.reserve(number, { count: 1, ratePerSecond: 80, maxWaitMs: 1000 })
    expect(answer).toHaveProperty('waitMs')
    expect('waitMs' in answer && answer.waitMs).toBeGreaterThan(9000)
  })

  it('lets a process that was held up catch up no faster than the number may send', () => {
    const instance = pacer({ ...world.deps, now: () => new Date(10_000) })
    expect([1, 2, 3].map(() => instance.admit('106540000000004', 32, 10))).toEqual([0, 320, 640])
  })

  it('shares a slow-down with every instance', async () => {
    const number = '106540000000003'
    await pacer(world.deps).slowDown(number)
    const slots = await pacer(world.deps).reserve(number, { count: 1, ratePerSecond: 100, maxWaitMs: 5000 })
    expect('intervalMs' in slots && slots.intervalMs).toBeGreaterThan(1000 / (100 * 0.95))
  })
})
