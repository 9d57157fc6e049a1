/** Faults, metrics, request charges and authorization. */
import type { Container } from '@azure/cosmos'
import { CosmosClient } from '@azure/cosmos'
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { all, refusalOf, startWorld } from './world.ts'
import type { World } from './world.ts'

let world: World
let container: Container
beforeAll(async () => {
  world = await startWorld()
  container = await world.aContainer({
    indexingPolicy: { includedPaths: [{ path: '/n/?' }], excludedPaths: [{ path: '/*' }] },
  })
})
afterAll(() => world.close())
beforeEach(async () => {
  await world.control('DELETE', 'faults')
  await world.control('POST', 'metrics/reset')
})

interface Count {
  requests: number
  request_units: number
}
interface Report extends Count {
  by_operation: Record<string, Count>
  by_container: Record<string, Record<string, Count>>
  metadata: Count
}

async function metrics(): Promise<Report> {
  return (await (await world.control('GET', 'metrics')).json()) as Report
}

/** A client that does not retry by itself. */
function bareContainer(): Container {
  const { url, key } = world.emulator
  const retryOptions = { maxRetryAttemptCount: 0, fixedRetryIntervalInMilliseconds: 0, maxWaitTimeInSeconds: 0 }
  const client = new CosmosClient({
    endpoint: url,
    key,
    connectionPolicy: { retryOptions, enableBackgroundEndpointRefreshing: false },
  })
  return client.database('test').container(container.id)
}

describe('faults', () => {
  it('429 throttles the next requests, which the SDK retries after the time it is told', async () => {
    await world.control('POST', 'faults', { kind: '429', count: 2, retry_after_ms: 30 })
    const start = Date.now()
    const { statusCode, headers } = await container.items.create({ id: 'f1', pk: 'a' })
    expect(statusCode).toBe(201)
    expect(headers['x-ms-throttle-retry-count']).toBe(2)
    expect(Date.now() - start).toBeGreaterThanOrEqual(55)
    expect((await metrics()).by_operation['create']?.requests).toBe(3)
  })

  it('429 reaches the caller with Cosmos’s own error, and nothing was written', async () => {
    await world.control('POST', 'faults', { kind: '429', count: 1, retry_after_ms: 5 })
    const refusal = await refusalOf(bareContainer().items.create({ id: 'f2', pk: 'a' }))
    expect(refusal).toMatchObject({ code: 429, substatus: 3200, retryAfterInMs: 5 })
    expect((await container.item('f2', 'a').read()).statusCode).toBe(404)
  })

  it('449 and 503 are answered without applying anything', async () => {
    await world.control('POST', 'faults', { kind: '449', count: 1 })
    expect((await refusalOf(container.items.create({ id: 'f3', pk: 'a' }))).code).toBe(449)
    await world.control('POST', 'faults', { kind: '503', count: 99 })
    expect((await refusalOf(container.items.create({ id: 'f3', pk: 'a' }))).code).toBe(503)
    await world.control('DELETE', 'faults')
    expect((await container.item('f3', 'a').read()).statusCode).toBe(404)
  })

  it('broken_after_apply applies the write and breaks the connection', async () => {
    await world.control('POST', 'faults', { kind: 'broken_after_apply', count: 1, operation: 'create' })
    const response = world.ask('POST', `dbs/test/colls/${container.id}`, 'docs', {
      body: '{"id":"f4","pk":"a"}',
      headers: { 'x-ms-documentdb-partitionkey': '["a"]' },
    })
    await expect(response).rejects.toThrow()
    expect((await container.item('f4', 'a').read()).statusCode).toBe(200)
  })

  it('broken_after_apply shows an SDK caller an error after a write that landed', async () => {
    await world.control('POST', 'faults', { kind: 'broken_after_apply', count: 1, operation: 'batch' })
    const operations = [{ operationType: 'Create' as const, resourceBody: { id: 'f5', pk: 'a' } }]
    await expect(container.items.batch(operations, 'a')).rejects.toThrow()
    expect((await container.item('f5', 'a').read()).statusCode).toBe(200)
  })

  it('latency delays and then does what was asked', async () => {
    await world.control('POST', 'faults', { kind: 'latency', count: 1, ms: 60 })
    const start = Date.now()
    expect((await container.items.create({ id: 'f6', pk: 'a' })).statusCode).toBe(201)
    expect(Date.now() - start).toBeGreaterThanOrEqual(58)
  })

  it('are meant for one operation and one container', async () => {
    const other = await world.aContainer()
    await world.control('POST', 'faults', { kind: '449', count: 1, container: container.id, operation: 'query' })
    expect((await other.items.create({ id: 'x', pk: 'a' })).statusCode).toBe(201)
    expect(await all(other, 'SELECT VALUE c.id FROM c', { partitionKey: 'a' })).toEqual(['x'])
    expect((await container.items.create({ id: 'f7', pk: 'a' })).statusCode).toBe(201)
    expect((await refusalOf(all(container, 'SELECT * FROM c', { partitionKey: 'a' }))).code).toBe(449)
    expect(await all(container, 'SELECT VALUE c.id FROM c WHERE c.id = "f7"', { partitionKey: 'a' })).toEqual(['f7'])
  })

  it('leave metadata alone unless it is named', async () => {
    await world.control('POST', 'faults', { kind: '503', count: 1 })
    expect((await container.read()).statusCode).toBe(200)
    await world.control('DELETE', 'faults')
    await world.control('POST', 'faults', { kind: '449', count: 1, operation: 'metadata' })
    expect((await refusalOf(container.read())).code).toBe(449)
  })

  it.each([{ kind: 'unknown' }, {}, [], { kind: '429', count: -1 }, { kind: '429', container: 5 }])(
    'refuse the rule %j',
    async (rule) => {
      expect((await world.control('POST', 'faults', rule)).status).toBe(400)
    },
  )
})

describe('metrics', () => {
  it('count requests and request units by operation and container, metadata apart', async () => {
    await container.items.create({ id: 'm1', pk: 'a' })
    await container.item('m1', 'a').read()
    await container.item('m1', 'a').patch([{ op: 'set', path: '/x', value: 1 }])
    await container.items.batch([{ operationType: 'Read', id: 'm1' }], 'a')
    await all(container, 'SELECT * FROM c WHERE c.id = "m1"', { partitionKey: 'a' })
    await container.read()
    const report = await metrics()
    const requests = Object.fromEntries(
      Object.entries(report.by_operation).map(([name, count]) => [name, count.requests]),
    )
    expect(requests).toEqual({ create: 1, read: 1, patch: 1, batch: 1, query: 1 })
    expect(report.requests).toBe(5)
    expect(report.by_container[container.id]).toEqual(report.by_operation)
    expect(report.metadata.requests).toBeGreaterThanOrEqual(1)
    const sum = Object.values(report.by_operation).reduce((total, count) => total + count.request_units, 0)
    expect(report.request_units).toBeCloseTo(sum, 2)
  })

  it('start from zero when reset', async () => {
    await container.items.upsert({ id: 'm2', pk: 'a' })
    await world.control('POST', 'metrics/reset')
    expect(await metrics()).toMatchObject({ requests: 0, request_units: 0, by_operation: {}, by_container: {} })
  })

  it('health is answered without authorization, and nothing else is behind that door', async () => {
    expect((await world.control('GET', 'health')).status).toBe(200)
    expect((await world.control('GET', 'elsewhere')).status).toBe(404)
  })
})

describe('request charges', () => {
  /** An item of exactly so many bytes as it is stored. */
  async function anItemOf(id: string, bytes: number): Promise<{ charge: number; text: string }> {
    const probe = await container.items.create({ id: `${id}-probe`, pk: 'size', n: 1, text: '' })
    const overhead = Buffer.byteLength(JSON.stringify(probe.resource)) - '-probe'.length
    const text = 'x'.repeat(bytes - overhead)
    return { charge: (await container.items.create({ id, pk: 'size', n: 1, text })).requestCharge, text }
  }

  // Indexed here: n, and the service's own id and _ts.
  const terms = 3 * 0.2

  it.each([
    ['1 KB', 1024, 1, 4.95],
    ['32 KB', 32 * 1024, 2.2, 11.2],
    ['16.5 KB', 16.5 * 1024, 1.6, 8.08],
  ])('of %s follow the model', async (name, bytes, read, write) => {
    const id = `size-${name.length}-${bytes}`
    const { charge, text } = await anItemOf(id, bytes)
    expect(charge).toBeCloseTo(write + terms, 1)
    const item = container.item(id, 'size')
    expect((await item.read()).requestCharge).toBeCloseTo(read, 1)
    const replaced = await item.replace({ id, pk: 'size', n: 1, text })
    expect(replaced.requestCharge).toBeCloseTo(2 * (write + terms), 0)
    const patched = await item.patch([{ op: 'incr', path: '/n', value: 1 }])
    expect(patched.requestCharge).toBeCloseTo(2 * (write + terms), 0)
    expect((await item.delete()).requestCharge).toBeCloseTo(write + terms, 0)
  })

  it('of a query grow with what it loads', async () => {
    for (let n = 0; n < 50; n++) await container.items.create({ id: `q${n}`, pk: 'charge', n, m: n })
    const charge = async (query: string): Promise<number> =>
      (await container.items.query(query, { partitionKey: 'charge' }).fetchAll()).requestCharge
    const none = await charge('SELECT * FROM c WHERE c.n = 99')
    const one = await charge('SELECT * FROM c WHERE c.n = 9')
    const scanned = await charge('SELECT * FROM c WHERE c.m = 9')
    const everything = await charge('SELECT * FROM c')
    const counted = await charge('SELECT VALUE COUNT(1) FROM c')
    expect(none).toBeCloseTo(2.3, 2)
    expect(one).toBeGreaterThan(none)
    expect(scanned).toBeGreaterThan(one + 1)
    expect(everything).toBeGreaterThan(scanned)
    expect(counted).toBeLessThan(3)
  })
})

describe('authorization', () => {
  it('refuses another key with 401 and Cosmos’s body', async () => {
    const key = randomBytes(64).toString('base64')
    const stranger = new CosmosClient({ endpoint: world.emulator.url, key })
    const refusal = await refusalOf(stranger.database('test').read())
    expect([refusal.code, refusal.body?.code]).toEqual([401, 'Unauthorized'])
    stranger.dispose()
  })

  it.each<[string, Record<string, string>]>([
    ['no authorization', { authorization: '' }],
    ['something else', { authorization: 'Bearer x' }],
    ['a token that is not well-formed', { authorization: '%E0%A4%A' }],
    ['another date than was signed', { 'x-ms-date': new Date(0).toUTCString() }],
  ])('refuses %s', async (_, headers) => {
    expect((await world.ask('GET', 'dbs/test', 'colls', { headers })).status).toBe(401)
  })

  it('refuses a signature for another resource or method', async () => {
    const date = new Date().toUTCString()
    const signed = await world.ask('GET', 'dbs', 'test', { headers: { 'x-ms-date': date } })
    expect(signed.status).toBe(401)
  })
})
