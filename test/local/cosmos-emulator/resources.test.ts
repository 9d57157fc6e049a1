/** Databases, containers and what is asked about them. */
import { ConflictResolutionMode } from '@azure/cosmos'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { all, refusalOf, startWorld } from './world.ts'
import type { World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => world.close())

describe('databases', () => {
  it('are created once, read, listed, queried and deleted', async () => {
    const { resource, statusCode } = await world.client.databases.create({ id: 'one' })
    expect(statusCode).toBe(201)
    expect(resource).toMatchObject({ id: 'one', _colls: 'colls/' })
    expect((await refusalOf(world.client.databases.create({ id: 'one' }))).code).toBe(409)
    expect((await world.client.databases.createIfNotExists({ id: 'one' })).statusCode).toBe(200)
    const listed = await world.client.databases.readAll().fetchAll()
    expect(listed.resources.map((database) => database.id)).toContain('one')
    const query = { query: 'SELECT * FROM root r WHERE r.id = @id', parameters: [{ name: '@id', value: 'one' }] }
    expect((await world.client.databases.query(query).fetchAll()).resources).toMatchObject([{ id: 'one' }])
    expect((await world.client.database('one').delete()).statusCode).toBe(204)
    expect((await refusalOf(world.client.database('one').read())).code).toBe(404)
  })

  it('take their containers and items with them', async () => {
    const { database } = await world.client.databases.create({ id: 'two' })
    const { container } = await database.containers.create({ id: 'c', partitionKey: '/pk' })
    await container.items.create({ id: '1', pk: 'a' })
    await database.delete()
    expect((await container.item('1', 'a').read()).statusCode).toBe(404)
    await world.client.databases.create({ id: 'two' })
    expect((await refusalOf(world.client.database('two').container('c').read())).code).toBe(404)
  })

  it.each(['a/b', 'a\\b', 'a?b', 'a#b', 'ends ', 'x'.repeat(256)])('refuse the id %j', async (id) => {
    const response = await world.ask('POST', '', 'dbs', { body: JSON.stringify({ id }) })
    expect(response.status).toBe(400)
  })
})

describe('containers', () => {
  it('answer what they were created with, and what the service fills in', async () => {
    const definition = {
      id: 'full',
      partitionKey: { paths: ['/pk'], version: 2 },
      defaultTtl: 60,
      uniqueKeyPolicy: { uniqueKeys: [{ paths: ['/email'] }] },
    }
    const { resource, statusCode } = await world.database.containers.create(definition)
    expect(statusCode).toBe(201)
    expect(resource).toMatchObject({
      ...definition,
      partitionKey: { paths: ['/pk'], kind: 'Hash', version: 2 },
      indexingPolicy: { indexingMode: 'consistent', automatic: true, includedPaths: [{ path: '/*' }] },
      conflictResolutionPolicy: { mode: ConflictResolutionMode.LastWriterWins },
    })
    expect((await world.database.container('full').read()).resource).toEqual(resource)
    expect((await refusalOf(world.database.containers.create(definition))).code).toBe(409)
    expect((await world.database.containers.createIfNotExists(definition)).statusCode).toBe(200)
  })

  it('are listed, queried and deleted', async () => {
    const container = await world.aContainer()
    const listed = await world.database.containers.readAll().fetchAll()
    expect(listed.resources.map((entry) => entry.id)).toContain(container.id)
    const query = { query: `SELECT * FROM c WHERE c.id = '${container.id}'` }
    expect((await world.database.containers.query(query).fetchAll()).resources).toHaveLength(1)
    expect((await container.delete()).statusCode).toBe(204)
    expect((await refusalOf(container.read())).code).toBe(404)
    expect((await refusalOf(all(container, 'SELECT * FROM c'))).code).toBe(404)
  })

  it('start empty when they are created again', async () => {
    const container = await world.aContainer()
    await container.items.create({ id: '1', pk: 'a' })
    await container.delete()
    await world.database.containers.create({ id: container.id, partitionKey: '/pk' })
    expect(await all(container, 'SELECT * FROM c')).toEqual([])
  })

  it('take a new indexing policy for the items they already hold', async () => {
    const container = await world.aContainer()
    for (const [id, a, b] of [
      ['1', 2, 1],
      ['2', 1, 1],
      ['3', 1, 2],
    ]) {
      await container.items.create({ id: id as string, pk: 'p', a, b })
    }
    const query = 'SELECT VALUE c.id FROM c ORDER BY c.a, c.b DESC'
    expect((await refusalOf(all(container, query, { partitionKey: 'p' }))).code).toBe(400)
    const { resource } = await container.read()
    const compositeIndexes = [
      [
        { path: '/a', order: 'ascending' },
        { path: '/b', order: 'descending' },
      ],
    ]
    const indexingPolicy = { ...resource!.indexingPolicy, compositeIndexes } as never
    await container.replace({ ...resource!, indexingPolicy })
    expect(await all(container, query, { partitionKey: 'p' })).toEqual(['3', '2', '1'])
    await container.items.create({ id: '4', pk: 'p', a: 0 })
    expect(await all(container, query, { partitionKey: 'p' })).toEqual(['4', '3', '2', '1'])
  })

  it('refuse another partition key or unique keys', async () => {
    const container = await world.aContainer()
    const { resource } = await container.read()
    expect((await refusalOf(container.replace({ ...resource!, partitionKey: { paths: ['/other'] } }))).code).toBe(400)
    const uniqueKeyPolicy = { uniqueKeys: [{ paths: ['/x'] }] }
    expect((await refusalOf(container.replace({ ...resource!, uniqueKeyPolicy }))).code).toBe(400)
  })

  it.each<[string, object]>([
    ['no path for the partition key', { partitionKey: { paths: [] } }],
    ['two paths without MultiHash', { partitionKey: { paths: ['/a', '/b'] } }],
    ['four paths', { partitionKey: { paths: ['/a', '/b', '/c', '/d'], kind: 'MultiHash', version: 2 } }],
    ['a kind nobody knows', { partitionKey: { paths: ['/a'], kind: 'Range' } }],
    [
      'an indexing policy without a root path',
      { indexingPolicy: { includedPaths: [{ path: '/a/?' }], excludedPaths: [] } },
    ],
    ['an indexing path without an end', { indexingPolicy: { includedPaths: [{ path: '/*' }, { path: '/a' }] } }],
    [
      'a composite index of one path',
      { indexingPolicy: { includedPaths: [{ path: '/*' }], compositeIndexes: [[{ path: '/a' }]] } },
    ],
    ['a unique key without a path', { uniqueKeyPolicy: { uniqueKeys: [{ paths: [] }] } }],
  ])('are refused with %s', async (_, definition) => {
    const body = JSON.stringify({ id: 'bad', partitionKey: { paths: ['/pk'], kind: 'Hash' }, ...definition })
    expect((await world.ask('POST', 'dbs/test', 'colls', { body })).status).toBe(400)
    expect((await refusalOf(world.database.container('bad').read())).code).toBe(404)
  })

  it('have one partition key range, and no offer as on a serverless account', async () => {
    const container = await world.aContainer()
    const { resources } = await container.readPartitionKeyRanges().fetchAll()
    expect(resources).toMatchObject([{ id: '0', minInclusive: '', maxExclusive: 'FF' }])
    expect((await container.readOffer()).resource).toBeUndefined()
  })

  it('index what their policy says: a sort by an excluded path is refused', async () => {
    const container = await world.aContainer({
      indexingPolicy: {
        includedPaths: [{ path: '/a/?' }, { path: '/b/*' }],
        excludedPaths: [{ path: '/*' }, { path: '/b/x/?' }],
      },
    })
    for (const path of ['c.a', 'c.b.c.d', 'c.id', 'c._ts']) {
      expect(await all(container, `SELECT * FROM c ORDER BY ${path}`, { partitionKey: 'p' })).toEqual([])
    }
    for (const path of ['c.z', 'c.a.b', 'c.b.x', 'c.pk']) {
      const refusal = await refusalOf(all(container, `SELECT * FROM c ORDER BY ${path}`, { partitionKey: 'p' }))
      expect(refusal.code).toBe(400)
    }
    await container.items.create({ id: '1', pk: 'p', z: 1 })
    expect(await all(container, 'SELECT VALUE c.id FROM c WHERE c.z = 1', { partitionKey: 'p' })).toEqual(['1'])
  })
})

describe('what is not there', () => {
  it.each([
    ['GET', 'dbs/test/colls/none', 'docs'],
    ['GET', 'dbs/none', 'colls'],
    ['GET', '', 'nonsense'],
  ])('is 404: %s /%s/%s', async (method, parent, type) => {
    expect((await world.ask(method, parent, type, {})).status).toBe(404)
  })

  it.each(['sprocs', 'triggers', 'udfs', 'conflicts'])('is 400 and says so: %s', async (type) => {
    const container = await world.aContainer()
    const response = await world.ask('GET', `dbs/test/colls/${container.id}`, type, {})
    expect(response.status).toBe(400)
    expect(await response.text()).toContain('not supported')
  })

  it('is refused: the change feed', async () => {
    const container = await world.aContainer()
    const iterator = container.items.getChangeFeedIterator()
    expect((await refusalOf(iterator.readNext())).code).toBe(400)
  })
})
