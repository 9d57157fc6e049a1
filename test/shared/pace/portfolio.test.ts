import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pacer } from '../../../shared/pace/pacer.ts'
import { aWorld, type World } from '../../support/world.ts'

const HOUR = 3_600_000
const START = Date.parse('2027-01-11T10:30:00Z')

let world: World
let portfolio = 102_290_000_000_000
beforeAll(async () => {
  world = await aWorld()
})
afterAll(() => world.close())

/** An instance of its own, at this hour of the test. */
const at = (hours: number) => pacer({ ...world.deps, now: () => new Date(START + hours * HOUR) })
const people = (from: number, count: number) => Array.from({ length: count }, (_, index) => `+4915${from + index}`)

describe('the people a portfolio may write to in 24 hours', () => {
  it('are allowed up to the limit, each counted once, whichever instance asks', async () => {
    const id = String(++portfolio)
    const first = await at(0).roomFor(id, { limit: 250, users: people(0, 200) })
    expect(first.allowed.size).toBe(200)
    const second = await at(0).roomFor(id, { limit: 250, users: people(100, 200) })
    // 100 of them are known, and 50 more fit.
    expect(second.allowed.size).toBe(150)
    expect(second.untilMs).toBe(START + HOUR)
    expect((await at(1).roomFor(id, { limit: 250, users: people(0, 100) })).allowed.size).toBe(100)
  })

  it('make room when their day is over, not before', async () => {
    const id = String(++portfolio)
    await at(0).roomFor(id, { limit: 100, users: people(0, 60) })
    await at(5).roomFor(id, { limit: 100, users: people(60, 40) })
    const users = people(1000, 100)
    expect((await at(24).roomFor(id, { limit: 100, users })).allowed.size).toBe(0)
    expect((await at(25).roomFor(id, { limit: 100, users })).allowed.size).toBe(60)
    expect((await at(30).roomFor(id, { limit: 100, users })).allowed.size).toBe(100)
  })

  it('are counted exactly when many instances ask at once', async () => {
    const id = String(++portfolio)
    const asked = Array.from({ length: 6 }, (_, index) =>
      at(0).roomFor(id, { limit: 500, users: people(index * 128, 128) }),
    )
    const allowed = (await Promise.all(asked)).reduce((sum, room) => sum + room.allowed.size, 0)
    expect(allowed).toBe(500)
  })

  it('are counted within two per cent of a large limit, in rows that stay small', async () => {
    const id = String(++portfolio)
    const instance = at(0)
    let allowed = 0
    for (let from = 0; from < 120_000; from += 4000) {
      allowed += (await instance.roomFor(id, { limit: 100_000, users: people(from, 4000) })).allowed.size
    }
    expect(allowed).toBeGreaterThan(96_000)
    expect(allowed).toBeLessThan(104_000)
    for await (const row of world.deps.paceTable.query({ partition: `portfolio-${id}` })) {
      expect((row.cells['users'] as Uint8Array).byteLength).toBeLessThan(40_000)
    }
  })
})
