import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { monthlyTables, type MonthlyTables } from '../../../shared/azure/monthly-tables.ts'
import { NO_TALLY } from '../../../shared/throttle/rules.ts'
import { storedTallies, type Tallies } from '../../../shared/throttle/tallies.ts'
import { anEmail } from '../../support/tenants.ts'
import { aWorld, type World } from '../../support/world.ts'

let world: World
let tables: MonthlyTables
let clock = new Date('2026-05-31T23:59:50Z')

beforeAll(async () => {
  world = await aWorld()
  tables = monthlyTables(world.config, 'throttle')
})
afterAll(() => world.close())

function instance(): Tallies {
  return storedTallies({ tables: monthlyTables(world.config, 'throttle'), now: () => clock })
}

function add(tallies: Tallies, key: string): Promise<number> {
  return tallies.change('rule', key, (tally) => ({
    tally: { ...tally, count: tally.count + 1 },
    result: tally.count + 1,
  }))
}

function countOf(tallies: Tallies, key: string): Promise<number> {
  return tallies.change('rule', key, ({ count }) => ({ result: count }))
}

async function keysOf(month: string): Promise<string> {
  const keys: string[] = []
  const { tableClient } = await import('../../../shared/azure/storage.ts')
  for await (const row of tableClient(world.config, `throttle${month}`).listEntities()) keys.push(JSON.stringify(row))
  return keys.join('\n')
}

describe('a tally', () => {
  it('counts what many ask of several instances at once, each once', async () => {
    const [one, other] = [instance(), instance()]
    const email = anEmail()
    const counts = await Promise.all(Array.from({ length: 30 }, (_, index) => add(index % 2 ? one : other, email)))
    expect(counts.sort((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, index) => index + 1))
    expect(await countOf(instance(), email)).toBe(30)
  })

  it('is nothing where nothing was counted, and writes nothing where nothing changes', async () => {
    const email = anEmail()
    expect(await instance().change('rule', email, (tally) => ({ result: tally }))).toEqual(NO_TALLY)
    const before = await keysOf('202605')
    await countOf(instance(), email)
    expect(await keysOf('202605')).toBe(before)
  })

  it('is kept apart from another key’s and another rule’s', async () => {
    const tallies = instance()
    const email = anEmail()
    await add(tallies, email)
    expect(await countOf(tallies, anEmail())).toBe(0)
    expect(await tallies.change('other', email, ({ count }) => ({ result: count }))).toBe(0)
  })

  it('holds no address in clear', async () => {
    const email = anEmail()
    await add(instance(), email)
    await add(instance(), '203.0.113.7')
    const rows = await keysOf('202605')
    expect(rows).not.toBe('')
    expect(rows).not.toContain(email)
    expect(rows).not.toContain('203.0.113.7')
  })

  it('goes on after a change that failed', async () => {
    const tallies = instance()
    const email = anEmail()
    await expect(
      tallies.change('rule', email, () => {
        throw new Error('oops')
      }),
    ).rejects.toThrow('oops')
    expect(await add(tallies, email)).toBe(1)
  })
})

describe('at the turn of a month', () => {
  it('a tally goes on in the new month’s table, and starts anew when nobody came for a month', async () => {
    const [tallies, email, quiet] = [instance(), anEmail(), anEmail()]
    clock = new Date('2026-05-31T23:59:50Z')
    await add(tallies, email)
    await add(tallies, email)
    await add(tallies, quiet)
    clock = new Date('2026-06-01T00:00:10Z')
    expect(await add(tallies, email)).toBe(3)
    expect(await add(instance(), email)).toBe(4)
    clock = new Date('2026-07-01T00:00:10Z')
    expect(await countOf(tallies, email)).toBe(4)
    expect(await countOf(tallies, quiet)).toBe(0)
  })

  it('the table of the month before last is dropped', async () => {
    clock = new Date('2027-01-15T00:00:00Z')
    const email = anEmail()
    await add(instance(), email)
    expect(await keysOf('202701')).not.toBe('')
    clock = new Date('2027-03-01T00:00:00Z')
    await add(instance(), email)
    await expect.poll(() => keysOf('202701').catch(() => 'dropped'), { timeout: 30_000 }).toBe('dropped')
    expect(await tables.peek('202701').read('any', 'row')).toBeUndefined()
    await expect(tables.drop('202701')).resolves.toBeUndefined()
  })
})
