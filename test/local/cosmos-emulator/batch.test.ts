import type { Container, OperationInput } from '@azure/cosmos'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { all, bulk, refusalOf, startWorld } from './world.ts'
import type { World } from './world.ts'

let world: World
let container: Container
beforeAll(async () => {
  world = await startWorld()
  container = await world.aContainer()
})
afterAll(() => world.close())

const create = (id: string, pk: string, rest: object = {}): OperationInput => ({
  operationType: 'Create',
  resourceBody: { id, pk, ...rest },
})

function ids(pk: string): Promise<string[]> {
  return all<string>(container, 'SELECT VALUE c.id FROM c', { partitionKey: pk })
}

describe('a transactional batch', () => {
  it('runs every kind of operation and answers each', async () => {
    const { etag } = await container.items.create({ id: 'old', pk: 'all', n: 1 })
    await container.items.create({ id: 'gone', pk: 'all' })
    const { result, code } = await container.items.batch(
      [
        create('new', 'all'),
        { operationType: 'Upsert', resourceBody: { id: 'up', pk: 'all' } },
        { operationType: 'Replace', id: 'old', resourceBody: { id: 'old', pk: 'all', n: 2 }, ifMatch: etag },
        { operationType: 'Patch', id: 'old', resourceBody: { operations: [{ op: 'incr', path: '/n', value: 5 }] } },
        { operationType: 'Read', id: 'old' },
        { operationType: 'Delete', id: 'gone' },
      ],
      'all',
    )
    expect(code).toBe(200)
    expect(result?.map((operation) => operation.statusCode)).toEqual([201, 201, 200, 200, 200, 204])
    expect(result?.[4]?.resourceBody).toMatchObject({ id: 'old', n: 7 })
    expect(result?.[3]?.eTag).toBe(result?.[4]?.eTag)
    expect((await ids('all')).sort()).toEqual(['new', 'old', 'up'])
  })

  it.each<[string, OperationInput, number]>([
    ['a conflict', create('there', 'atomic'), 409],
    ['a missing item', { operationType: 'Delete', id: 'nowhere' }, 404],
    ['a read of a missing item', { operationType: 'Read', id: 'nowhere' }, 404],
    ['a stale version', { operationType: 'Delete', id: 'there', ifMatch: '"stale"' } as OperationInput, 412],
    ['another partition', create('x', 'elsewhere'), 400],
    [
      'a failed patch',
      { operationType: 'Patch', id: 'there', resourceBody: [{ op: 'remove', path: '/no' }] as never },
      400,
    ],
    [
      'a predicate that does not hold',
      {
        operationType: 'Patch',
        id: 'there',
        resourceBody: { operations: [{ op: 'set', path: '/x', value: 1 }], condition: 'from c where c.x = 9' } as never,
      },
      412,
    ],
  ])('changes nothing when one operation fails with %s', async (_, failing, status) => {
    await container.items.upsert({ id: 'there', pk: 'atomic' })
    const touched = { operationType: 'Upsert' as const, resourceBody: { id: 'there', pk: 'atomic', touched: true } }
    const operations: OperationInput[] = [create('before', 'atomic'), touched, failing, create('after', 'atomic')]
    const answer = await container.items.batch(operations, 'atomic')
    expect(answer.code).toBe(207)
    expect(answer.result?.map((operation) => operation.statusCode)).toEqual([424, 424, status, 424])
    expect(await ids('atomic')).toEqual(['there'])
    expect((await container.item('there', 'atomic').read()).resource).not.toHaveProperty('touched')
  })

  it('sees its own writes, and twins inside it are a conflict', async () => {
    const { result } = await container.items.batch([create('t', 'twin'), create('t', 'twin')], 'twin')
    expect(result?.map((operation) => operation.statusCode)).toEqual([424, 409])
    expect(await ids('twin')).toEqual([])
  })

  it('takes a hundred operations and refuses one more', async () => {
    const operations = Array.from({ length: 100 }, (_, n) => create(`n${n}`, 'hundred'))
    expect((await container.items.batch(operations, 'hundred')).result).toHaveLength(100)
    const response = await world.ask('POST', `dbs/test/colls/${container.id}`, 'docs', {
      body: JSON.stringify([...operations, create('n100', 'hundred')]),
      headers: {
        'x-ms-documentdb-partitionkey': '["hundred"]',
        'x-ms-cosmos-is-batch-request': 'true',
        'x-ms-cosmos-batch-atomic': 'true',
      },
    })
    expect(response.status).toBe(400)
  })

  it('refuses more than 2 MB with 413 and changes nothing', async () => {
    const operations = Array.from({ length: 3 }, (_, n) => create(`big${n}`, 'big', { text: 'x'.repeat(800_000) }))
    expect((await refusalOf(container.items.batch(operations, 'big'))).code).toBe(413)
    expect(await ids('big')).toEqual([])
  })

  it('refuses an operation that names another partition key', async () => {
    const operation = { ...create('x', 'mine'), partitionKey: 'other' }
    expect((await refusalOf(container.items.batch([operation], 'mine'))).code).toBe(400)
  })

  it('lets one of two racing batches over the same version win', async () => {
    const { etag } = await container.items.create({ id: 'head', pk: 'race' })
    const run = (name: string) =>
      container.items.batch(
        [
          {
            operationType: 'Replace',
            id: 'head',
            resourceBody: { id: 'head', pk: 'race', by: name },
            ifMatch: etag,
          },
          create(name, 'race'),
        ],
        'race',
      )
    const codes = (await Promise.all(['left', 'right', 'third'].map(run))).map((answer) => answer.code)
    expect(codes.sort()).toEqual([200, 207, 207])
    expect(await ids('race')).toHaveLength(2)
  })

  it('leaves the documents out of the answer when asked to', async () => {
    const answer = await container.items.batch([create('m', 'minimal')], 'minimal', {
      contentResponseOnWriteEnabled: false,
    })
    expect(answer.result?.[0]).toMatchObject({ statusCode: 201 })
    expect(answer.result?.[0]).not.toHaveProperty('resourceBody')
  })

  it('charges the sum of its operations', async () => {
    const { result, headers } = await container.items.batch([create('c1', 'sum'), create('c2', 'sum')], 'sum')
    const sum = result!.reduce((total, operation) => total + operation.requestCharge, 0)
    expect(Number((headers as Record<string, string>)['x-ms-request-charge'])).toBeCloseTo(sum, 2)
  })
})

describe('a bulk request', () => {
  it('answers every operation for itself, in order, across partitions', async () => {
    await container.items.create({ id: 'b0', pk: 'bulk-a' })
    const results = await bulk(container, [
      create('b1', 'bulk-a'),
      create('b0', 'bulk-a'),
      create('b1', 'bulk-b'),
      { operationType: 'Read', id: 'b0', partitionKey: 'bulk-a' },
      { operationType: 'Delete', id: 'none', partitionKey: 'bulk-b' },
      {
        operationType: 'Patch',
        id: 'b0',
        partitionKey: 'bulk-a',
        resourceBody: [{ op: 'add', path: '/n', value: 1 }] as never,
      },
    ])
    expect(results.map((result) => result.statusCode)).toEqual([201, 409, 201, 200, 404, 200])
    expect(results[3]?.resourceBody).toMatchObject({ id: 'b0', pk: 'bulk-a' })
    expect((await ids('bulk-a')).sort()).toEqual(['b0', 'b1'])
  })

  it('stops at the first failure when told not to go on', async () => {
    await container.items.create({ id: 's0', pk: 'stop' })
    const operations = [create('s1', 'stop'), create('s0', 'stop'), create('s2', 'stop')]
    const results = await bulk(container, operations, { continueOnError: false })
    expect(results.map((result) => result.statusCode)).toEqual([201, 409, 424])
    expect((await ids('stop')).sort()).toEqual(['s0', 's1'])
  })

  it('serves executeBulkOperations', async () => {
    const operations = Array.from({ length: 150 }, (_, n) => ({
      ...create(`e${n}`, `e${n % 7}`),
      partitionKey: `e${n % 7}`,
    }))
    const results = await container.items.executeBulkOperations(operations)
    expect(results.every((result) => result.response?.statusCode === 201)).toBe(true)
    expect(await all(container, "SELECT VALUE COUNT(1) FROM c WHERE STARTSWITH(c.pk, 'e')")).toEqual([150])
  })

  it('refuses a document of another partition than the operation names', async () => {
    const results = await bulk(container, [{ ...create('w', 'one'), partitionKey: 'two' }])
    expect(results[0]?.statusCode).toBe(400)
  })
})
