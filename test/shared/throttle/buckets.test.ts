import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { monthlyTables, type MonthlyTables } from '../../../shared/azure/monthly-tables.ts'
import { createLog } from '../../../shared/log.ts'
import { sharedBuckets, type Bucket, type Buckets } from '../../../shared/throttle/buckets.ts'
import { aWorld, type World } from '../../support/world.ts'

let world: World
let clockMs = Date.parse('2026-05-15T12:00:00Z')
let bucket: Bucket
const lines: string[] = []

beforeAll(async () => {
  world = await aWorld()
})
afterAll(() => world.close())
beforeEach(() => {
  bucket = { key: randomUUID(), limit: 100 }
})

function anInstance(tables: MonthlyTables = monthlyTables(world.config, 'throttle')): Buckets {
  return sharedBuckets({ tables, now: () => new Date(clockMs), log: createLog((line) => lines.push(line)) })
}

/** How many of `count` are let through. */
async function through(buckets: Buckets[], count: number): Promise<number> {
  let let_through = 0
  for (let turn = 0; turn < count; turn++) {
    const taken = await (buckets[turn % buckets.length] as Buckets).take(bucket)
    if (taken.waitMs === 0) let_through++
  }
  return let_through
}

describe('a bucket', () => {
  it('gives out its tokens at once, and gets as many back in a minute', async () => {
    const one = [anInstance()]
    expect(await through(one, 150)).toBe(100)
    clockMs += 6_000
    expect(await through(one, 50)).toBe(10)
    clockMs += 600_000
    expect(await through(one, 150)).toBe(100)
  })

  it('may hold more than comes back in a minute', async () => {
    bucket = { key: randomUUID(), limit: 10, burst: 45 }
    const one = [anInstance()]
    expect(await through(one, 60)).toBe(45)
    expect((await one[0]!.take(bucket)).waitMs).toBe(6_000)
    clockMs += 12_000
    expect(await through(one, 60)).toBe(2)
    clockMs += 45 * 6_000
    expect(await through(one, 60)).toBe(45)
  })

  it('tells what is left, until when, and how long to wait', async () => {
    const one = anInstance()
    expect(await one.take(bucket)).toEqual({ limit: 100, remaining: 99, resetMs: 600, waitMs: 0 })
    await through([one], 99)
    expect(await one.take(bucket)).toEqual({ limit: 100, remaining: 0, resetMs: 60_000, waitMs: 600 })
    clockMs += 599
    expect((await one.take(bucket)).waitMs).toBe(1)
    clockMs += 1
    expect((await one.take(bucket)).waitMs).toBe(0)
  })

  it('is one for all instances, but for a twenty-fifth that each of the others may not have told yet', async () => {
    for (const [instances, most] of [
      [2, 104],
      [4, 112],
    ] as const) {
      bucket = { key: randomUUID(), limit: 100 }
      const all = Array.from({ length: instances }, () => anInstance())
      const count = await through(all, 300)
      expect(count).toBeGreaterThanOrEqual(100)
      expect(count).toBeLessThanOrEqual(most)
      // A new instance does not know yet; it learns when it tells for the first time.
      expect(await through([anInstance()], 50)).toBeLessThanOrEqual(4)
    }
  })

  it('is one for all who come at once', async () => {
    const all = [anInstance(), anInstance()]
    const taken = await Promise.all(Array.from({ length: 300 }, (_, index) => (all[index % 2] as Buckets).take(bucket)))
    const count = taken.filter((one) => one.waitMs === 0).length
    // Until the first of them was told, each instance went by what it knew itself.
    expect(count).toBeLessThanOrEqual(200)
    clockMs += 100
    expect(await through(all, 50)).toBe(0)
  })

  it('costs a read and a write for each twenty-fifth of it, and nothing for who is quiet', async () => {
    const tables = monthlyTables(world.config, 'throttle')
    let calls = 0
    const counted: MonthlyTables = {
      ...tables,
      async open(month) {
        const table = await tables.open(month)
        const counting = <T>(call: () => Promise<T>) => (calls++, call())
        return {
          ...table,
          read: (partition, key) => counting(() => table.read(partition, key)),
          write: (rows) => counting(() => table.write(rows)),
        }
      },
    }
    const buckets = [anInstance(counted)]
    await through(buckets, 3)
    expect(calls).toBe(0)
    await through(buckets, 97)
    expect(calls).toBe(50)
  })

  it('lets through what it can count itself where the table cannot be reached, and says so', async () => {
    const gone = () => Promise.reject(new Error('no table'))
    const tables = { ...monthlyTables(world.config, 'throttle'), open: gone, drop: gone }
    expect(await through([anInstance(tables)], 150)).toBe(100)
    expect(lines.filter((line) => line.includes('throttle.not_shared')).length).toBeGreaterThan(0)
  })
})
