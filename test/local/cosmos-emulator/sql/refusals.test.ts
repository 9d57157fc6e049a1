/** Queries that must be answered 400, because the service refuses them or because this emulator does not know better. */
import type { Container } from '@azure/cosmos'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { all, fill, refusalOf, startWorld } from '../world.ts'
import type { World } from '../world.ts'

let world: World
let container: Container
beforeAll(async () => {
  world = await startWorld()
  container = await world.aContainer({
    indexingPolicy: {
      includedPaths: [{ path: '/*' }],
      excludedPaths: [{ path: '/secret/*' }],
      compositeIndexes: [
        [
          { path: '/a', order: 'ascending' },
          { path: '/b', order: 'descending' },
        ],
        [
          { path: '/x', order: 'ascending' },
          { path: '/y', order: 'ascending' },
          { path: '/z', order: 'ascending' },
        ],
      ],
    } as never,
  })
  await fill(container, [{ id: '1', pk: 'p', a: 1, list: [1, 2] }])
})
afterAll(() => world.close())

function refused(queries: string[]): void {
  it.each(queries)('%s', async (query) => {
    const refusal = await refusalOf(all(container, query, { partitionKey: 'p' }))
    expect(refusal.code).toBe(400)
    expect(refusal.body?.code).toBe('BadRequest')
    expect(refusal.message.length).toBeGreaterThan(20)
    const acrossPartitions = await refusalOf(all(container, query))
    expect(acrossPartitions.code).toBe(400)
  })
}

describe('sorts the cloud has no index for', () => {
  refused([
    'SELECT * FROM c ORDER BY c.a, c.c',
    'SELECT * FROM c ORDER BY c.b, c.a',
    'SELECT * FROM c ORDER BY c.a, c.b',
    'SELECT * FROM c ORDER BY c.a DESC, c.b DESC',
    'SELECT * FROM c ORDER BY c.x, c.y',
    'SELECT * FROM c ORDER BY c.x, c.y, c.z DESC',
    'SELECT * FROM c ORDER BY c.secret.word',
    'SELECT * FROM c ORDER BY LOWER(c.a)',
    'SELECT * FROM c ORDER BY c.a + 1',
    'SELECT * FROM c ORDER BY 1',
    'SELECT * FROM c ORDER BY c',
    'SELECT * FROM c ORDER BY c.list[0]',
    'SELECT VALUE t FROM c JOIN t IN c.list ORDER BY t',
    'SELECT VALUE t FROM t IN c.list ORDER BY t',
  ])
})

describe('clauses that do not go together', () => {
  refused([
    'SELECT TOP 1 * FROM c OFFSET 1 LIMIT 1',
    'SELECT * FROM c OFFSET 1',
    'SELECT * FROM c LIMIT 1',
    'SELECT * FROM c LIMIT 1 OFFSET 1',
    'SELECT TOP -1 * FROM c',
    'SELECT TOP 1.5 * FROM c',
    'SELECT TOP "1" * FROM c',
    'SELECT * FROM c OFFSET -1 LIMIT 1',
    'SELECT * FROM c JOIN t IN c.list',
    'SELECT *',
    'SELECT * FROM c GROUP BY c.a',
    'SELECT c.b FROM c GROUP BY c.a',
    'SELECT c.a, COUNT(1) AS n FROM c',
    'SELECT VALUE c.a + COUNT(1) FROM c',
    'SELECT c.a FROM c GROUP BY c.a ORDER BY c.a',
    'SELECT COUNT(1) AS n FROM c ORDER BY c.a',
    'SELECT DISTINCT VALUE c.a FROM c ORDER BY c.id',
    'SELECT c.a, c.a FROM c',
    'SELECT c.a AS x, c.b AS x FROM c',
    'SELECT * FROM c JOIN t IN c.list JOIN t IN c.list',
    'SELECT VALUE (SELECT VALUE t FROM t IN c.list ORDER BY t) FROM c',
    'SELECT VALUE (SELECT TOP 1 VALUE t FROM t IN c.list) FROM c',
    'SELECT VALUE (SELECT VALUE t FROM t IN c.list) FROM c',
  ])
})

describe('aggregates in the wrong place', () => {
  refused([
    'SELECT * FROM c WHERE COUNT(1) > 1',
    'SELECT VALUE COUNT(SUM(c.a)) FROM c',
    'SELECT VALUE COUNT() FROM c',
    'SELECT VALUE COUNT(1, 2) FROM c',
    'SELECT VALUE COUNT(*) FROM c',
    'SELECT VALUE COUNT(1) FROM c GROUP BY COUNT(1)',
  ])
})

describe('names and functions nobody knows', () => {
  refused([
    'SELECT * FROM c WHERE d.a = 1',
    'SELECT VALUE a FROM c',
    'SELECT * FROM c WHERE c.a = @nothing',
    'SELECT VALUE FOO(c.a) FROM c',
    'SELECT VALUE toString(c.a) FROM c',
    'SELECT VALUE RegexMatch(c.id, "x") FROM c',
    'SELECT VALUE ST_DISTANCE(c.a, c.b) FROM c',
    'SELECT VALUE udf.mine(c.a) FROM c',
    'SELECT VALUE constructor(c.a) FROM c',
    'SELECT VALUE LENGTH() FROM c',
    'SELECT VALUE LENGTH(c.a, c.b) FROM c',
    'SELECT VALUE CONTAINS(c.a) FROM c',
    'SELECT VALUE PI(1) FROM c',
  ])
})

describe('what does not parse', () => {
  refused([
    'SELECT',
    'SELEC * FROM c',
    'SELECT * FROM',
    'SELECT * FROM c WHERE',
    'SELECT * FROM c WHERE c.a ==  1',
    'SELECT * FROM c WHERE c.a = 1 AND',
    'SELECT * FROM c WHERE (c.a = 1',
    'SELECT * FROM c; DROP TABLE x',
    'SELECT * FROM c HAVING c.a = 1',
    'SELECT * FROM c UNION SELECT * FROM c',
    'DELETE FROM c',
    'SELECT c.value FROM c',
    'SELECT c.order FROM c',
    'SELECT * FROM c WHERE c.a IN ()',
    'SELECT * FROM c WHERE c.a IN 1',
    'SELECT * FROM c WHERE c.a IS NULL',
    'SELECT * FROM c WHERE NOT c.a = 1',
    'SELECT * FROM c WHERE NOT c.a IN (1)',
    'SELECT * FROM c WHERE c.a = "open',
    "SELECT * FROM c WHERE c.a = 'bad \\x escape'",
    'SELECT * FROM c WHERE c.a = 1e999',
    'SELECT * FROM c WHERE c.id LIKE "[open"',
    'SELECT * FROM c WHERE c.id LIKE "x" ESCAPE "ab"',
    'SELECT * FROM c WHERE c.a = $1',
    'SELECT * FROM c ORDER BY',
    'SELECT * FROM c GROUP BY',
    'SELECT VALUE FROM c',
    'SELECT , c.a FROM c',
    'SELECT CASE WHEN c.a = 1 THEN 2 END FROM c',
    'SELECT * FROM (c)',
    'SELECT * FROM 1',
  ])
})

describe('extremes', () => {
  it('takes a condition of two thousand parts, and lists of a thousand', async () => {
    const parts = Array.from({ length: 2000 }, (_, n) => `c.a = ${n}`).join(' OR ')
    expect(await all(container, `SELECT VALUE c.id FROM c WHERE ${parts}`, { partitionKey: 'p' })).toEqual(['1'])
    const list = Array.from({ length: 1000 }, (_, n) => `"${n}"`).join(', ')
    expect(await all(container, `SELECT VALUE c.id FROM c WHERE c.id IN (${list})`, { partitionKey: 'p' })).toEqual([
      '1',
    ])
  })

  it('refuses what is nested too deeply, and goes on', async () => {
    const query = `SELECT * FROM c WHERE ${'('.repeat(20_000)}true${')'.repeat(20_000)}`
    expect((await refusalOf(all(container, query, { partitionKey: 'p' }))).code).toBe(400)
    expect(await all(container, 'SELECT VALUE c.id FROM c', { partitionKey: 'p' })).toEqual(['1'])
  })

  it('refuses a LIKE range that runs backwards', async () => {
    const query = 'SELECT * FROM c WHERE c.id LIKE "[z-a]"'
    expect((await refusalOf(all(container, query, { partitionKey: 'p' }))).code).toBe(400)
  })
})
