import { PartitionKeyDefinitionVersion, PartitionKeyKind } from '@azure/cosmos'
import type { Container } from '@azure/cosmos'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { all, fill, refusalOf, startWorld } from './world.ts'
import type { World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => world.close())

describe('a query of one partition', () => {
  let container: Container
  beforeAll(async () => {
    container = await world.aContainer({
      indexingPolicy: {
        includedPaths: [{ path: '/*' }, { path: '/n/?' }],
        excludedPaths: [],
        compositeIndexes: [
          [
            { path: '/n', order: 'descending' },
            { path: '/id', order: 'descending' },
          ],
        ],
      } as never,
    })
    const items = ['acme', 'globex', 'acme '].flatMap((pk) =>
      Array.from({ length: 6 }, (_, n) => ({ id: `${n}`, pk, n, owner: pk, tags: [pk] })),
    )
    await fill(container, items)
  })

  it.each([
    'SELECT VALUE c.owner FROM c',
    'SELECT VALUE c.owner FROM c WHERE true',
    "SELECT VALUE c.owner FROM c WHERE c.pk = 'globex' OR true",
    'SELECT VALUE c.owner FROM c ORDER BY c.n',
    'SELECT VALUE c.owner FROM c ORDER BY c.n DESC, c.id DESC',
    'SELECT VALUE c.owner FROM c WHERE c.n > 2 OR c.n < 4 ORDER BY c.n',
    'SELECT VALUE c.owner FROM c OFFSET 2 LIMIT 100',
    'SELECT TOP 100 VALUE c.owner FROM c',
    'SELECT DISTINCT VALUE c.owner FROM c',
    'SELECT VALUE c.owner FROM c GROUP BY c.owner',
    'SELECT VALUE MAX(c.owner) FROM c',
    'SELECT VALUE t FROM c JOIN t IN c.tags',
    'SELECT VALUE c.owner FROM c WHERE EXISTS(SELECT VALUE t FROM t IN c.tags)',
    "SELECT VALUE c.owner FROM c WHERE NOT (c.owner = 'nobody')",
  ])('never sees another one: %s', async (query) => {
    const owners = await all(container, query, { partitionKey: 'acme' })
    expect(owners.length).toBeGreaterThan(0)
    expect(new Set(owners)).toEqual(new Set(['acme']))
  })

  it('counts and reads its own items only', async () => {
    expect(await all(container, 'SELECT VALUE COUNT(1) FROM c', { partitionKey: 'acme' })).toEqual([6])
    const { resources } = await container.items.readAll<{ owner: string }>({ partitionKey: 'globex' }).fetchAll()
    expect(resources.map((item) => item.owner)).toEqual(Array.from({ length: 6 }, () => 'globex'))
  })

  it('finds nothing when the filter names another partition', async () => {
    expect(await all(container, "SELECT * FROM c WHERE c.pk = 'globex'", { partitionKey: 'acme' })).toEqual([])
  })

  it('finds nothing in a partition that does not exist', async () => {
    expect(await all(container, 'SELECT * FROM c', { partitionKey: 'nobody' })).toEqual([])
  })

  it('stays in its partition from page to page', async () => {
    const iterator = container.items.query<{ owner: string }>('SELECT * FROM c ORDER BY c.n', {
      partitionKey: 'acme',
      maxItemCount: 4,
    })
    const { resources } = await iterator.fetchAll()
    expect(resources.map((item) => item.owner)).toEqual(Array.from({ length: 6 }, () => 'acme'))
  })

  it('needs no partition key option when the filter fixes it', async () => {
    const before = await metricsOf()
    const query = "SELECT VALUE c.n FROM c WHERE c.pk = 'globex' AND c.n > 3 ORDER BY c.n DESC"
    expect(await all(container, query)).toEqual([5, 4])
    const after = await metricsOf()
    expect(after.query.requests - before.query.requests).toBe(1)
  })

  it('sees every partition when it names none', async () => {
    expect(await all(container, 'SELECT VALUE COUNT(1) FROM c')).toEqual([18])
    const owners = await all(container, 'SELECT VALUE c.owner FROM c ORDER BY c.n DESC, c.id DESC', { maxItemCount: 5 })
    expect(owners).toHaveLength(18)
    expect(owners.slice(0, 3).sort()).toEqual(['acme', 'acme ', 'globex'])
  })

  async function metricsOf(): Promise<{ query: { requests: number } }> {
    const response = await world.control('GET', 'metrics')
    const { by_operation } = (await response.json()) as { by_operation: { query: { requests: number } } }
    return by_operation
  }
})

describe('what the gateway cannot serve itself', () => {
  it('is answered 400 with a plan, and the plan is what the SDK asks for', async () => {
    const container = await world.aContainer()
    const body = JSON.stringify({ query: 'SELECT TOP 3 c.id FROM c WHERE c.n > 1 ORDER BY c.n DESC' })
    const response = await world.ask('POST', `dbs/test/colls/${container.id}`, 'docs', {
      body,
      headers: { 'content-type': 'application/query+json', 'x-ms-documentdb-isquery': 'True' },
    })
    expect(response.status).toBe(400)
    expect(response.headers.get('x-ms-substatus')).toBe('1004')
    const { additionalErrorInfo } = (await response.json()) as { additionalErrorInfo: string }
    const { result } = await container.getQueryPlan('SELECT TOP 3 c.id FROM c WHERE c.n > 1 ORDER BY c.n DESC')
    expect(result).toEqual(JSON.parse(additionalErrorInfo))
    expect(result).toMatchObject({
      queryInfo: {
        top: 3,
        orderBy: ['Descending'],
        orderByExpressions: ['c.n'],
        distinctType: 'None',
        hasSelectValue: false,
      },
      queryRanges: [{ min: '', max: 'FF', isMinInclusive: true, isMaxInclusive: false }],
    })
  })

  it('is refused by the plan when aggregates are part of other expressions', async () => {
    const container = await world.aContainer()
    expect((await refusalOf(all(container, 'SELECT VALUE {"n": COUNT(1)} FROM c'))).code).toBe(400)
  })
})

describe('hierarchical partition keys', () => {
  let container: Container
  beforeAll(async () => {
    container = await world.aContainer({
      partitionKey: {
        paths: ['/workspace', '/conversation'],
        kind: PartitionKeyKind.MultiHash,
        version: PartitionKeyDefinitionVersion.V2,
      },
      indexingPolicy: { includedPaths: [{ path: '/*' }, { path: '/at/?' }], excludedPaths: [] },
    })
    for (const workspace of ['w1', 'w2']) {
      for (const conversation of ['a', 'b', 'c']) {
        for (let at = 0; at < 3; at++) await container.items.create({ id: `m${at}`, workspace, conversation, at })
      }
    }
  })

  it('read and write with the whole key', async () => {
    const item = container.item('m1', ['w1', 'b'])
    expect((await item.read()).resource).toMatchObject({ workspace: 'w1', conversation: 'b' })
    expect((await container.item('m1', ['b', 'w1']).read()).statusCode).toBe(404)
    expect((await item.patch([{ op: 'set', path: '/seen', value: true }])).resource).toMatchObject({ seen: true })
    const refusal = await refusalOf(container.items.create({ id: 'm1', workspace: 'w1', conversation: 'b' }))
    expect(refusal.code).toBe(409)
  })

  it('confine a query and a batch to one conversation', async () => {
    const found = await all(container, 'SELECT VALUE [c.workspace, c.conversation] FROM c', {
      partitionKey: ['w1', 'b'],
    })
    expect(found).toEqual([
      ['w1', 'b'],
      ['w1', 'b'],
      ['w1', 'b'],
    ])
    const operations = [
      { operationType: 'Create' as const, resourceBody: { id: 'x', workspace: 'w2', conversation: 'd', at: 9 } },
    ]
    expect((await container.items.batch(operations, ['w2', 'd'])).code).toBe(200)
  })

  it('are queried by prefix in WHERE', async () => {
    const where = "FROM c WHERE c.workspace = 'w1'"
    expect(await all(container, `SELECT VALUE COUNT(1) ${where}`)).toEqual([9])
    const found = await all<{ workspace: string; at: number }>(container, `SELECT * ${where} ORDER BY c.at DESC`)
    expect(found.map((item) => item.at)).toEqual([2, 2, 2, 1, 1, 1, 0, 0, 0])
    expect(new Set(found.map((item) => item.workspace))).toEqual(new Set(['w1']))
    const paged = await all(container, `SELECT VALUE c.conversation ${where} AND c.at = 1`, { maxItemCount: 2 })
    expect(paged).toEqual(['a', 'b', 'c'])
  })

  it('refuse a prefix as partition key, which the service would not confine a query to', async () => {
    const refusal = await refusalOf(all(container, 'SELECT * FROM c', { partitionKey: ['w1'] }))
    expect(refusal.code).toBe(400)
    expect(refusal.message).toContain('fewer components')
  })

  it('refuse more parts than there are, and point operations with fewer', async () => {
    expect((await refusalOf(all(container, 'SELECT * FROM c', { partitionKey: ['w1', 'a', 'x'] }))).code).toBe(400)
    expect((await refusalOf(container.item('m1', ['w1']).replace({ id: 'm1', workspace: 'w1' }))).code).toBe(400)
  })

  it('keep an item without the last part apart', async () => {
    await container.items.create({ id: 'head', workspace: 'w3' })
    expect(await all(container, "SELECT VALUE c.id FROM c WHERE c.workspace = 'w3'")).toEqual(['head'])
    expect((await container.item('head', ['w3', undefined as never]).read()).statusCode).toBe(200)
    expect((await container.item('head', ['w3', null]).read()).statusCode).toBe(404)
  })
})

describe('a container partitioned by id', () => {
  it('reads by id and queries by id', async () => {
    const container = await world.aContainer({ partitionKey: { paths: ['/id'] } })
    await container.items.create({ id: 'email:a@b.c', user: 1 })
    expect((await refusalOf(container.items.create({ id: 'email:a@b.c', user: 2 }))).code).toBe(409)
    expect((await container.item('email:a@b.c', 'email:a@b.c').read()).resource).toMatchObject({ user: 1 })
    expect(await all(container, "SELECT VALUE c.user FROM c WHERE c.id = 'email:a@b.c'")).toEqual([1])
    expect(await all(container, 'SELECT VALUE c.user FROM c', { partitionKey: 'other' })).toEqual([])
  })

  it('takes a path with several names', async () => {
    const container = await world.aContainer({ partitionKey: { paths: ['/owner/team'] } })
    await container.items.create({ id: '1', owner: { team: 'red' } })
    await container.items.create({ id: '2', owner: { team: 'blue' } })
    expect(await all(container, 'SELECT VALUE c.id FROM c', { partitionKey: 'red' })).toEqual(['1'])
    expect(await all(container, "SELECT VALUE c.id FROM c WHERE c.owner.team = 'blue' ORDER BY c.id")).toEqual(['2'])
  })
})
