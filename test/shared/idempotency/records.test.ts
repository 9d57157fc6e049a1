import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { monthlyTables } from '../../../shared/azure/monthly-tables.ts'
import { tableClient } from '../../../shared/azure/storage.ts'
import { idempotencyRecords, LEASE_MS, type IdempotencyRecords, type Run } from '../../../shared/idempotency/records.ts'
import { aWorld, type World } from '../../support/world.ts'

const ANSWER = { status: 201, headers: { location: '/things/1' }, body: { id: '1', text: 'Grüße' } }

let world: World
let clock: Date
let request: { owner: string; operation: string; key: string }

beforeAll(async () => {
  world = await aWorld()
})
afterAll(() => world.close())
beforeEach(() => {
  clock = new Date('2026-05-15T12:00:00Z')
  request = { owner: randomUUID(), operation: 'things-create', key: randomUUID() }
})

/** An instance whose clock goes so many seconds before the others'. */
function anInstance(aheadSeconds = 0): IdempotencyRecords {
  const now = (): Date => new Date(clock.getTime() + aheadSeconds * 1000)
  return idempotencyRecords({ tables: monthlyTables(world.config, 'idempotency'), config: world.config, now })
}

async function run(records = anInstance(), fingerprint = 'a'): Promise<Run> {
  const begun = await records.begin(request, fingerprint)
  if ('answer' in begun) throw new Error('It was answered before')
  return begun
}

const inUse = { code: 'idempotency_key_in_use', status: 409 }
const reused = { code: 'idempotency_key_reused', status: 422 }

describe('a request', () => {
  it('is run by one of many, and then answered by all', async () => {
    const instances = [anInstance(), anInstance()]
    const twins = Array.from({ length: 20 }, (_, index) => instances[index % 2]!.begin(request, 'a'))
    const settled = await Promise.allSettled(twins)
    const begun = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
    const refused = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []))
    expect(begun).toHaveLength(1)
    for (const reason of refused) expect(reason).toMatchObject(inUse)
    await (begun[0] as Run).keep(ANSWER)
    expect(await anInstance().begin(request, 'a')).toEqual({ answer: ANSWER })
    await expect(anInstance().begin(request, 'b')).rejects.toMatchObject(reused)
  })

  it('keeps its seed in every run, and knows that it is run again', async () => {
    const first = await run()
    expect(first).toMatchObject({ isRepeat: false, since: clock })
    await expect(run()).rejects.toMatchObject(inUse)
    const begunAt = clock
    clock = new Date(clock.getTime() + LEASE_MS)
    await expect(run(anInstance(), 'b')).rejects.toMatchObject(reused)
    const second = await run()
    expect(second).toMatchObject({ isRepeat: true, seed: first.seed, since: begunAt })
    await second.giveBack()
    expect(await run()).toMatchObject({ isRepeat: true, seed: first.seed })
  })

  it('has the answer of whoever took over, if two ran it', async () => {
    const slow = await run()
    clock = new Date(clock.getTime() + LEASE_MS)
    const quick = await run()
    await quick.keep(ANSWER)
    await expect(slow.keep({ ...ANSWER, status: 200 })).rejects.toMatchObject({ code: 'conflict' })
    expect(await anInstance().begin(request, 'a')).toEqual({ answer: ANSWER })
  })

  it('is a new one after 24 hours, with a new seed', async () => {
    const first = await run()
    await first.keep(ANSWER)
    clock = new Date('2026-05-16T12:00:00Z')
    const next = await run(anInstance(), 'b')
    expect(next.isRepeat).toBe(false)
    expect(next.seed).not.toBe(first.seed)
  })

  it('is kept with an answer as long as that to the longest import, and refused beyond what a row holds', async () => {
    const rows = Array.from({ length: 50_000 }, (_, index) => ({
      row_number: index + 1,
      phone_number: `+49${String(Math.floor(Math.random() * 1e10)).padStart(10, '0')}`,
      status: index % 9 === 0 ? 'failed' : 'imported',
      reason: index % 9 === 0 ? 'This is not a phone number' : null,
    }))
    const long = await run()
    await long.keep({ status: 200, headers: {}, body: { results: rows } })
    expect(await anInstance().begin(request, 'a')).toEqual({
      answer: { status: 200, headers: {}, body: { results: rows } },
    })
    request = { ...request, key: randomUUID() }
    const noise = Array.from({ length: 60_000 }, () => randomUUID())
    await expect((await run()).keep({ status: 200, headers: {}, body: noise })).rejects.toThrow('cannot be kept')
  })

  it('does not open without the client’s own key', async () => {
    await (await run()).keep(ANSWER)
    const cells: string[] = []
    for await (const row of tableClient(world.config, 'idempotency202605').listEntities()) {
      cells.push(JSON.stringify(row))
    }
    for (const text of [request.key, request.owner, 'things-create', 'Grüße']) {
      expect(cells.join('\n')).not.toContain(text)
    }
  })
})

describe('at the turn of a month', () => {
  it('a request goes on that was begun in the month before', async () => {
    clock = new Date('2026-05-31T23:59:00Z')
    const first = await run()
    await first.keep(ANSWER)
    clock = new Date('2026-06-01T23:00:00Z')
    expect(await anInstance().begin(request, 'a')).toEqual({ answer: ANSWER })
    clock = new Date('2026-06-01T23:59:00Z')
    const next = await run()
    expect(next.isRepeat).toBe(false)
    expect(next.seed).not.toBe(first.seed)
    await expect(run()).rejects.toMatchObject(inUse)
  })

  it.each([
    ['23:59:58', [0, 4]],
    ['23:59:58', [4, 0]],
    ['23:59:50', [0, 55]],
    ['00:04:58', [0, 4]],
    ['00:04:58', [4, 0]],
  ])('instances whose clocks differ do not both begin it: at %s, %j', async (time, aheads) => {
    clock = new Date(time.startsWith('23') ? `2026-07-31T${time}Z` : `2026-08-01T${time}Z`)
    for (const together of [true, false]) {
      request = { ...request, key: randomUUID() }
      const begun: unknown[] = []
      const attempts = aheads.map((ahead) => () => run(anInstance(ahead)).then((one) => begun.push(one)))
      if (together) await Promise.allSettled(attempts.map((attempt) => attempt()))
      else for (const attempt of attempts) await attempt().catch(() => undefined)
      expect(begun).toHaveLength(1)
      await (begun[0] as Run).keep(ANSWER)
      for (const later of ['2026-08-01T00:06:00Z', '2026-08-01T23:50:00Z']) {
        const before = clock
        clock = new Date(later)
        expect(await anInstance().begin(request, 'a')).toEqual({ answer: ANSWER })
        clock = before
      }
    }
  })
})
