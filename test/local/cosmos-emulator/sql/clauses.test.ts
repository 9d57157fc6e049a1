/** SELECT, FROM, JOIN, GROUP BY, aggregates, DISTINCT, TOP, OFFSET LIMIT: within one partition and across all. */
import type { Container } from '@azure/cosmos'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { all, fill, startWorld } from '../world.ts'
import type { World } from '../world.ts'

let world: World
let container: Container
const people = [
  { id: '1', pk: 'p', name: 'Ada', age: 36, team: 'red', tags: ['x', 'y'], address: { city: 'London' } },
  { id: '2', pk: 'p', name: 'Bob', age: 20, team: 'blue', tags: ['y'], address: { city: 'Paris' } },
  { id: '3', pk: 'p', name: 'Cy', age: 20, team: 'red', tags: [], address: { city: 'London' } },
  { id: '4', pk: 'p', name: 'Di', team: null, tags: 'none' },
  {
    id: '5',
    pk: 'p',
    name: 'Ed',
    age: 'old',
    children: [
      { n: 'Al', toys: ['car', 'kite'] },
      { n: 'Bo', toys: ['car'] },
    ],
  },
]
beforeAll(async () => {
  world = await startWorld()
  container = await world.aContainer({
    indexingPolicy: {
      includedPaths: [{ path: '/*' }],
      excludedPaths: [],
      compositeIndexes: [
        [
          { path: '/team', order: 'ascending' },
          { path: '/name', order: 'descending' },
        ],
      ],
    } as never,
  })
  await fill(container, people)
})
afterAll(() => world.close())

type Case = [query: string, results: unknown[]]

function check(cases: Case[]): void {
  it.each(cases)('%s', async (query, results) => {
    expect(await all(container, query, { partitionKey: 'p' })).toEqual(results)
  })
}

/** Merged by the SDK from a query plan; it must make no difference. */
function checkEverywhere(cases: Case[]): void {
  check(cases)
  it.each(cases)('across partitions: %s', async (query, results) => {
    expect(await all(container, query)).toEqual(results)
    expect(await all(container, query, { forceQueryPlan: true, maxItemCount: 2 })).toEqual(results)
  })
}

describe('SELECT', () => {
  checkEverywhere([
    [
      'SELECT c.id, c.address.city FROM c WHERE c.age = 20',
      [
        { id: '2', city: 'Paris' },
        { id: '3', city: 'London' },
      ],
    ],
    ['SELECT c.age AS years, c.name years2 FROM c WHERE c.id = "1"', [{ years: 36, years2: 'Ada' }]],
    ['SELECT c.age + 1, c.age * 2, c["name"] FROM c WHERE c.id = "1"', [{ $1: 37, $2: 72, name: 'Ada' }]],
    ['SELECT c.missing FROM c WHERE c.id = "1"', [{}]],
    ['SELECT VALUE c.age FROM c', [36, 20, 20, 'old']],
    ['SELECT VALUE {"who": c.name} FROM c WHERE c.id < "3"', [{ who: 'Ada' }, { who: 'Bob' }]],
    ['SELECT VALUE [c.id, c.age] FROM c WHERE c.id = "4"', [['4']]],
    ['SELECT c.address FROM c WHERE c.id = "1"', [{ address: { city: 'London' } }]],
    ['SELECT VALUE p.name FROM people p WHERE p.id = "2"', ['Bob']],
    ['SELECT VALUE people.name FROM people WHERE people.id = "2"', ['Bob']],
    ['select value c.name from c where c.id = "2" -- a comment', ['Bob']],
  ])
  it('SELECT * answers the whole document', async () => {
    const [whole] = await all(container, 'SELECT * FROM c WHERE c.id = "1"', { partitionKey: 'p' })
    expect(whole).toEqual((await container.item('1', 'p').read()).resource)
    expect(await all(container, 'SELECT VALUE c FROM c WHERE c.id = "1"')).toEqual([whole])
    expect(await all(container, 'SELECT c FROM c WHERE c.id = "1"')).toEqual([{ c: whole }])
  })
  check([
    ['SELECT VALUE 1', [1]],
    ['SELECT 1 AS one, "x" AS x', [{ one: 1, x: 'x' }]],
    ['SELECT VALUE undefined', []],
  ])
})

describe('FROM and JOIN', () => {
  checkEverywhere([
    ['SELECT VALUE a.city FROM c.address a', ['London', 'Paris', 'London']],
    ['SELECT VALUE a FROM c.address.city AS a', ['London', 'Paris', 'London']],
    ['SELECT VALUE t FROM t IN c.tags', ['x', 'y', 'y']],
    [
      'SELECT c.id, t FROM c JOIN t IN c.tags',
      [
        { id: '1', t: 'x' },
        { id: '1', t: 'y' },
        { id: '2', t: 'y' },
      ],
    ],
    ['SELECT VALUE toy FROM c JOIN k IN c.children JOIN toy IN k.toys', ['car', 'kite', 'car']],
    [
      'SELECT k.n, toy FROM c JOIN k IN c.children JOIN toy IN k.toys WHERE toy = "car"',
      [
        { n: 'Al', toy: 'car' },
        { n: 'Bo', toy: 'car' },
      ],
    ],
    [
      'SELECT VALUE [a, b] FROM c JOIN a IN c.tags JOIN b IN c.tags WHERE c.id = "1"',
      [
        ['x', 'x'],
        ['x', 'y'],
        ['y', 'x'],
        ['y', 'y'],
      ],
    ],
    ['SELECT VALUE c.id FROM c JOIN (SELECT VALUE t FROM t IN c.tags WHERE t = "y") AS y', ['1', '2']],
    ['SELECT VALUE n FROM c JOIN (SELECT VALUE COUNT(1) FROM t IN c.tags) AS n WHERE c.id < "4"', [2, 1, 0]],
    [
      'SELECT VALUE c.id FROM c WHERE EXISTS(SELECT VALUE k FROM k IN c.children WHERE ARRAY_CONTAINS(k.toys, "kite"))',
      ['5'],
    ],
    ['SELECT VALUE c.id FROM c WHERE ARRAY_CONTAINS(c.tags, "y")', ['1', '2']],
  ])
})

describe('ORDER BY', () => {
  checkEverywhere([
    ['SELECT VALUE c.name FROM c WHERE IS_NUMBER(c.age) ORDER BY c.age', ['Bob', 'Cy', 'Ada']],
    ['SELECT VALUE c.name FROM c WHERE IS_NUMBER(c.age) ORDER BY c.age DESC', ['Ada', 'Cy', 'Bob']],
    ['SELECT VALUE c.id FROM c WHERE IS_STRING(c.team) ORDER BY c.team, c.name DESC', ['2', '3', '1']],
    ['SELECT VALUE c.id FROM c WHERE IS_STRING(c.team) ORDER BY c.team DESC, c.name', ['1', '3', '2']],
    ['SELECT VALUE c.id FROM c WHERE IS_DEFINED(c.address) ORDER BY c.address.city', ['1', '3', '2']],
    ['SELECT TOP 2 VALUE c.id FROM c ORDER BY c.name DESC', ['5', '4']],
    ['SELECT VALUE c.id FROM c ORDER BY c.id OFFSET 1 LIMIT 3', ['2', '3', '4']],
    ['SELECT VALUE c.id FROM c ORDER BY c._ts OFFSET 4 LIMIT 9', ['5']],
  ])
  check([['SELECT VALUE c.id FROM c ORDER BY c.age', ['4', '2', '3', '1', '5']]])
})

describe('TOP, OFFSET and LIMIT', () => {
  checkEverywhere([
    ['SELECT TOP 2 VALUE c.id FROM c', ['1', '2']],
    ['SELECT TOP 0 VALUE c.id FROM c', []],
    ['SELECT TOP 99 VALUE c.id FROM c', ['1', '2', '3', '4', '5']],
    ['SELECT VALUE c.id FROM c OFFSET 3 LIMIT 1', ['4']],
    ['SELECT VALUE c.id FROM c OFFSET 0 LIMIT 0', []],
    ['SELECT VALUE c.id FROM c OFFSET 9 LIMIT 2', []],
    ['SELECT VALUE t FROM c JOIN t IN c.tags OFFSET 1 LIMIT 1', ['y']],
    ['SELECT VALUE c.age FROM c OFFSET 3 LIMIT 2', ['old']],
  ])
  it('takes parameters', async () => {
    const parameters = [
      { name: '@skip', value: 1 },
      { name: '@take', value: 2 },
    ]
    const query = 'SELECT VALUE c.id FROM c ORDER BY c.id OFFSET @skip LIMIT @take'
    expect(await all(container, { query, parameters }, { partitionKey: 'p' })).toEqual(['2', '3'])
    expect(await all(container, { query, parameters })).toEqual(['2', '3'])
  })
})

describe('aggregates', () => {
  checkEverywhere([
    ['SELECT VALUE COUNT(1) FROM c', [5]],
    ['SELECT VALUE COUNT(c.age) FROM c', [4]],
    ['SELECT VALUE COUNT(c.team) FROM c', [4]],
    ['SELECT VALUE COUNT(1) FROM c WHERE c.age = 99', [0]],
    ['SELECT VALUE COUNT(1) FROM c JOIN t IN c.tags', [3]],
    ['SELECT VALUE SUM(c.age) FROM c WHERE IS_NUMBER(c.age)', [76]],
    ['SELECT VALUE SUM(c.age) FROM c', []],
    ['SELECT VALUE AVG(c.age) FROM c WHERE c.age < 99', [76 / 3]],
    ['SELECT VALUE AVG(c.age) FROM c WHERE c.age = 99', []],
    ['SELECT VALUE MIN(c.age) FROM c', [20]],
    ['SELECT VALUE MAX(c.age) FROM c', ['old']],
    ['SELECT VALUE MAX(c.name) FROM c', ['Ed']],
    ['SELECT COUNT(1) AS n, MAX(c.name) AS last FROM c', [{ n: 5, last: 'Ed' }]],
  ])
  check([
    ['SELECT VALUE MIN(c.team) FROM c', [null]],
    ['SELECT VALUE MAX(c.address) FROM c', []],
    ['SELECT VALUE SUM(c.age) FROM c WHERE c.age = 99', [0]],
    ['SELECT VALUE {"n": COUNT(1), "half": COUNT(1) / 2} FROM c', [{ n: 5, half: 2.5 }]],
    ['SELECT COUNT(1), SUM(1) FROM c', [{ $1: 5, $2: 5 }]],
  ])
})

describe('GROUP BY', () => {
  checkEverywhere([
    [
      'SELECT c.team, COUNT(1) AS n FROM c WHERE IS_STRING(c.team) GROUP BY c.team',
      [
        { team: 'red', n: 2 },
        { team: 'blue', n: 1 },
      ],
    ],
    ['SELECT VALUE c.team FROM c WHERE IS_STRING(c.team) GROUP BY c.team', ['red', 'blue']],
    [
      'SELECT c.age, c.team, MAX(c.name) AS last FROM c WHERE c.age = 20 GROUP BY c.age, c.team',
      [
        { age: 20, team: 'blue', last: 'Bob' },
        { age: 20, team: 'red', last: 'Cy' },
      ],
    ],
    [
      'SELECT t, COUNT(1) AS n FROM c JOIN t IN c.tags GROUP BY t',
      [
        { t: 'x', n: 1 },
        { t: 'y', n: 2 },
      ],
    ],
    [
      'SELECT UPPER(c.team) AS team FROM c WHERE c.age = 20 GROUP BY UPPER(c.team)',
      [{ team: 'BLUE' }, { team: 'RED' }],
    ],
    ['SELECT COUNT(1) AS n FROM c WHERE c.age = 99 GROUP BY c.team', []],
  ])
  check([
    [
      'SELECT c.team, COUNT(1) AS n FROM c GROUP BY c.team',
      [{ team: 'red', n: 2 }, { team: 'blue', n: 1 }, { team: null, n: 1 }, { n: 1 }],
    ],
    ['SELECT COUNT(1) AS n FROM c GROUP BY c.address', [{ n: 2 }, { n: 1 }, { n: 2 }]],
    ['SELECT c.team FROM c WHERE c.age = 20 GROUP BY c.team OFFSET 1 LIMIT 1', [{ team: 'red' }]],
  ])
})

describe('DISTINCT', () => {
  checkEverywhere([
    ['SELECT DISTINCT VALUE c.address.city FROM c', ['London', 'Paris']],
    [
      'SELECT DISTINCT c.team, c.age FROM c WHERE c.age = 20',
      [
        { team: 'blue', age: 20 },
        { team: 'red', age: 20 },
      ],
    ],
    ['SELECT DISTINCT VALUE t FROM c JOIN t IN c.tags', ['x', 'y']],
    ['SELECT DISTINCT VALUE c.address FROM c', [{ city: 'London' }, { city: 'Paris' }]],
    [
      'SELECT DISTINCT VALUE c.address.city FROM c WHERE IS_DEFINED(c.address) ORDER BY c.address.city DESC',
      ['Paris', 'London'],
    ],
    ['SELECT DISTINCT TOP 1 VALUE c.address.city FROM c', ['London']],
  ])
})
