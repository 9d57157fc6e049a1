import type { Container } from '@azure/cosmos'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { all, refusalOf, startWorld } from './world.ts'
import type { World } from './world.ts'

let world: World
/** The emulator's clock runs, and jumps when a test says so. */
let jumpedMs = 0
beforeAll(async () => {
  world = await startWorld({ now: () => Date.now() + jumpedMs })
})
afterAll(() => world.close())

function wait(seconds: number): void {
  jumpedMs += seconds * 1000
}

/** The emulator checks the date of a request, which the SDK takes from the real clock: go back between tests. */
function backToNow(): void {
  jumpedMs = 0
}

async function ids(container: Container, options: object = { partitionKey: 'a' }): Promise<string[]> {
  return (await all<string>(container, 'SELECT VALUE c.id FROM c', options)).sort()
}

describe('time to live', () => {
  it('is taken from the container unless the item has its own', async () => {
    const container = await world.aContainer({ defaultTtl: 60 })
    await container.items.create({ id: 'default', pk: 'a' })
    await container.items.create({ id: 'short', pk: 'a', ttl: 10 })
    await container.items.create({ id: 'ever', pk: 'a', ttl: -1 })
    wait(11)
    expect(await ids(container)).toEqual(['default', 'ever'])
    wait(50)
    expect(await ids(container)).toEqual(['ever'])
    backToNow()
  })

  it('does nothing where the container has it off', async () => {
    const container = await world.aContainer()
    await container.items.create({ id: 'x', pk: 'a', ttl: 1 })
    wait(500)
    expect(await ids(container)).toEqual(['x'])
    backToNow()
  })

  it('with -1 on the container only ends items that say so', async () => {
    const container = await world.aContainer({ defaultTtl: -1 })
    await container.items.create({ id: 'x', pk: 'a' })
    await container.items.create({ id: 'y', pk: 'a', ttl: 5 })
    wait(500)
    expect(await ids(container)).toEqual(['x'])
    backToNow()
  })

  it('hides an expired item from everything at once', async () => {
    const container = await world.aContainer({
      defaultTtl: -1,
      uniqueKeyPolicy: { uniqueKeys: [{ paths: ['/email'] }] },
    })
    const dead = { id: 'dead', pk: 'a', email: 'x', n: 1, ttl: 5 }
    const { etag } = await container.items.create(dead)
    await container.items.create({ id: 'alive', pk: 'a', email: 'y', n: 2 })
    wait(6)
    const item = container.item('dead', 'a')
    expect((await item.read()).statusCode).toBe(404)
    expect((await refusalOf(item.replace(dead))).code).toBe(404)
    expect((await refusalOf(item.delete())).code).toBe(404)
    expect((await refusalOf(item.patch([{ op: 'incr', path: '/n', value: 1 }]))).code).toBe(404)
    expect(await ids(container)).toEqual(['alive'])
    expect(await ids(container, {})).toEqual(['alive'])
    expect(await all(container, 'SELECT VALUE COUNT(1) FROM c', { partitionKey: 'a' })).toEqual([1])
    expect(await all(container, 'SELECT VALUE SUM(c.n) FROM c', { partitionKey: 'a' })).toEqual([2])
    expect(await all(container, 'SELECT VALUE c.id FROM c ORDER BY c.n', { partitionKey: 'a' })).toEqual(['alive'])
    const batch = await container.items.batch([{ operationType: 'Read', id: 'dead' }], 'a')
    expect(batch.result?.[0]?.statusCode).toBe(404)
    expect((await container.items.create({ id: 'other', pk: 'a', email: 'x' })).statusCode).toBe(201)
    const accessCondition = { type: 'IfMatch', condition: etag }
    const again = await container.items.upsert({ id: 'dead', pk: 'a', email: 'z' }, { accessCondition })
    expect(again.statusCode).toBe(201)
    backToNow()
  })

  it('lets the id of an expired item be created again, and the item start a new life', async () => {
    const container = await world.aContainer({ defaultTtl: 10 })
    const first = await container.items.create({ id: 'x', pk: 'a', n: 1 })
    wait(11)
    const second = await container.items.create({ id: 'x', pk: 'a', n: 2 })
    expect(second.statusCode).toBe(201)
    expect(second.resource?._rid).not.toBe(first.resource?._rid)
    wait(9)
    expect((await container.item('x', 'a').read()).resource).toMatchObject({ n: 2 })
    backToNow()
  })

  it('starts anew with every write', async () => {
    const container = await world.aContainer({ defaultTtl: 10 })
    await container.items.create({ id: 'x', pk: 'a' })
    for (let step = 0; step < 3; step++) {
      wait(8)
      await container.item('x', 'a').patch([{ op: 'incr', path: '/n', value: 1 }])
    }
    expect(await ids(container)).toEqual(['x'])
    wait(11)
    expect(await ids(container)).toEqual([])
    backToNow()
  })

  it('follows the container when its default changes', async () => {
    const container = await world.aContainer()
    await container.items.create({ id: 'x', pk: 'a' })
    await container.items.create({ id: 'y', pk: 'a', ttl: 1000 })
    const { resource } = await container.read()
    await container.replace({ ...resource!, defaultTtl: 30 })
    wait(100)
    expect(await ids(container)).toEqual(['y'])
    const { defaultTtl: _, ...off } = resource!
    await container.replace(off)
    expect(await ids(container)).toEqual(['x', 'y'])
    backToNow()
  })

  it('stays away from pages that were begun before', async () => {
    const container = await world.aContainer({ defaultTtl: -1 })
    for (let n = 0; n < 6; n++) await container.items.create({ id: `${n}`, pk: 'a', ttl: n % 2 === 0 ? 5 : -1 })
    const iterator = container.items.query<string>('SELECT VALUE c.id FROM c', { partitionKey: 'a', maxItemCount: 2 })
    expect((await iterator.fetchNext()).resources).toEqual(['0', '1'])
    wait(6)
    expect((await iterator.fetchNext()).resources).toEqual(['3', '5'])
    backToNow()
  })

  it.each([0, -2, 1.5, '5', null, 2147483648])('refuses the ttl %j', async (ttl) => {
    const container = await world.aContainer({ defaultTtl: -1 })
    expect((await refusalOf(container.items.create({ id: 'x', pk: 'a', ttl: ttl as number }))).code).toBe(400)
  })

  it('refuses a default of zero', async () => {
    expect((await refusalOf(world.aContainer({ defaultTtl: 0 }))).code).toBe(400)
  })
})

describe('unique keys', () => {
  let container: Container
  beforeAll(async () => {
    container = await world.aContainer({
      uniqueKeyPolicy: { uniqueKeys: [{ paths: ['/email'] }, { paths: ['/first', '/address/zip'] }] },
    })
    await container.items.create({ id: '1', pk: 'a', email: 'x@y.z', first: 'Ada', address: { zip: 1 } })
  })

  it('refuse a second item with the same value with 409', async () => {
    const refusal = await refusalOf(container.items.create({ id: '2', pk: 'a', email: 'x@y.z', first: 'Bob' }))
    expect([refusal.code, refusal.body?.code]).toEqual([409, 'Conflict'])
    expect(refusal.message).toContain('Unique index constraint violation')
  })

  it('look at all paths of a key together', async () => {
    const twin = { pk: 'a', first: 'Ada', address: { zip: 1 } }
    expect((await refusalOf(container.items.create({ id: '3', email: 'c', ...twin }))).code).toBe(409)
    expect((await container.items.create({ id: '4', email: 'd', ...twin, address: { zip: '1' } })).statusCode).toBe(201)
  })

  it('count within a partition only', async () => {
    expect((await container.items.create({ id: '1', pk: 'b', email: 'x@y.z' })).statusCode).toBe(201)
  })

  it('take a missing value for a value', async () => {
    await container.items.create({ id: '1', pk: 'c', first: 'A' })
    expect((await refusalOf(container.items.create({ id: '2', pk: 'c', first: 'B' }))).code).toBe(409)
    expect((await container.items.create({ id: '3', pk: 'c', first: 'B', email: null })).statusCode).toBe(201)
  })

  it('hold for upsert, replace, patch and batches, and not against the item itself', async () => {
    await container.items.create({ id: '1', pk: 'd', email: 'one', first: '1' })
    await container.items.create({ id: '2', pk: 'd', email: 'two', first: '2' })
    const item = container.item('2', 'd')
    expect((await refusalOf(container.items.upsert({ id: '2', pk: 'd', email: 'one', first: '2' }))).code).toBe(409)
    expect((await refusalOf(item.replace({ id: '2', pk: 'd', email: 'one', first: '2' }))).code).toBe(409)
    expect((await refusalOf(item.patch([{ op: 'set', path: '/email', value: 'one' }]))).code).toBe(409)
    expect((await item.replace({ id: '2', pk: 'd', email: 'two', first: '2', n: 1 })).statusCode).toBe(200)
    const { result } = await container.items.batch(
      [
        { operationType: 'Delete', id: '1' },
        { operationType: 'Create', resourceBody: { id: '3', pk: 'd', email: 'one', first: '3' } },
        { operationType: 'Create', resourceBody: { id: '4', pk: 'd', email: 'one', first: '4' } },
      ],
      'd',
    )
    expect(result?.map((operation) => operation.statusCode)).toEqual([424, 424, 409])
    const freed = await container.items.batch(
      [
        { operationType: 'Delete', id: '1' },
        { operationType: 'Create', resourceBody: { id: '3', pk: 'd', email: 'one', first: '3' } },
      ],
      'd',
    )
    expect(freed.code).toBe(200)
  })
})
