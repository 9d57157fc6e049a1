/**
 * Whatever SQLite is made to do must be what plain evaluation does: random documents of mixed types, random filters,
 * sorts, windows and page sizes, answered through the planner and by evaluating every document.
 */
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { compareSameType, rankOf, valueAt } from '../../../../local/cosmos-emulator/json.ts'
import type { Json, JsonObject, Value } from '../../../../local/cosmos-emulator/json.ts'
import { planAccess } from '../../../../local/cosmos-emulator/sql/access.ts'
import { KeptResults } from '../../../../local/cosmos-emulator/sql/continuation.ts'
import { parseSql } from '../../../../local/cosmos-emulator/sql/parse.ts'
import { rowSource } from '../../../../local/cosmos-emulator/sql/rows.ts'
import { runQuery } from '../../../../local/cosmos-emulator/sql/run-query.ts'
import { Catalog } from '../../../../local/cosmos-emulator/store/catalog.ts'
import type { ContainerEntry } from '../../../../local/cosmos-emulator/store/catalog.ts'
import { Database } from '../../../../local/cosmos-emulator/store/database.ts'
import { create } from '../../../../local/cosmos-emulator/store/items.ts'
import { partitionText } from '../../../../local/cosmos-emulator/store/keys.ts'

const db = new Database(undefined)
const catalog = new Catalog(db, Date.now)
catalog.createDatabase({ id: 'd' })
afterAll(() => db.close())
let count = 0

function aContainer(documents: JsonObject[]): ContainerEntry {
  const path = (name: string, order: string): JsonObject => ({ path: name, order })
  const container = catalog.createContainer('d', {
    id: `c${++count}`,
    partitionKey: { paths: ['/pk'] },
    indexingPolicy: {
      includedPaths: [{ path: '/*' }, { path: '/a/?' }, { path: '/o/x/?' }],
      excludedPaths: [],
      compositeIndexes: [
        [path('/a', 'ascending'), path('/b', 'ascending')],
        [path('/a', 'ascending'), path('/b', 'descending')],
        [path('/o/x', 'descending'), path('/id', 'descending')],
      ],
    },
  })
  documents.forEach((document, index) => {
    const pk = index % 4 === 3 ? 'other' : 'mine'
    create({ container, partition: partitionText([pk]), now: Date.now() }, { ...document, id: `i${index}`, pk }, {})
  })
  return container
}

const texts = ['', 'a', 'ab', 'b', 'B', 'a%', '😀', '\ue000', '4', 'ÿ']
const primitive = fc.oneof(
  fc.constantFrom<Json>(null, true, false, 0, 1, -1, 1.5, -1e300, 1e-300, 2 ** 53, 10, 9),
  fc.constantFrom<Json>(...texts),
)
const json: fc.Arbitrary<Json> = fc.oneof(
  { weight: 6, arbitrary: primitive },
  { weight: 1, arbitrary: fc.array(primitive, { maxLength: 2 }) },
  { weight: 1, arbitrary: fc.dictionary(fc.constantFrom('x', 'y'), primitive, { maxKeys: 2 }) },
)
/** `c` has no index of its own; any field may be missing. */
const document: fc.Arbitrary<JsonObject> = fc
  .record({ a: json, b: json, c: json, o: fc.record({ x: json }, { requiredKeys: [] }) }, { requiredKeys: [] })
  .map((fields) => fields as JsonObject) // Missing fields are missing, not undefined.

const path = fc.constantFrom('c.a', 'c.b', 'c.c', 'c.o.x', 'c.id', 'c.pk', 'c.none')
const literal = fc.oneof(
  json.map((value) => JSON.stringify(value)),
  fc.constantFrom('undefined', '@p', '@q', '@u', '-1', '"i3"', '"mine"'),
)
const comparison = fc.constantFrom('=', '!=', '<', '<=', '>', '>=')
const leaf: fc.Arbitrary<string> = fc.oneof(
  fc.tuple(path, comparison, literal).map((parts) => parts.join(' ')),
  fc.tuple(literal, comparison, path).map((parts) => parts.join(' ')),
  fc.tuple(path, comparison, path).map((parts) => parts.join(' ')),
  fc
    .tuple(path, fc.constantFrom('IN', 'NOT IN'), fc.array(literal, { minLength: 1, maxLength: 4 }))
    .map(([of, operator, list]) => `${of} ${operator} (${list.join(', ')})`),
  fc
    .tuple(path, fc.constantFrom('BETWEEN', 'NOT BETWEEN'), literal, literal)
    .map(([of, operator, low, high]) => `${of} ${operator} ${low} AND ${high}`),
  fc
    .tuple(
      fc.constantFrom(
        'IS_DEFINED',
        'IS_NULL',
        'IS_NUMBER',
        'IS_STRING',
        'IS_ARRAY',
        'IS_OBJECT',
        'IS_BOOL',
        'IS_PRIMITIVE',
      ),
      path,
    )
    .map(([name, of]) => `${name}(${of})`),
  fc
    .tuple(fc.constantFrom('STARTSWITH', 'CONTAINS', 'ENDSWITH'), path, fc.constantFrom(...texts))
    .map(([name, of, text]) => `${name}(${of}, ${JSON.stringify(text)})`),
  fc.tuple(path, path).map(([left, right]) => `ARRAY_CONTAINS(${left}, ${right})`),
  path,
  fc.constantFrom('true', 'false', 'undefined', 'null'),
)
const condition: fc.Arbitrary<string> = fc.letrec<{ condition: string }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    leaf,
    fc
      .tuple(tie('condition'), fc.constantFrom('AND', 'OR'), tie('condition'))
      .map(([left, operator, right]) => `(${left} ${operator} ${right})`),
    tie('condition').map((inner) => `NOT (${inner})`),
  ),
})).condition

const order = fc.constantFrom(
  '',
  'ORDER BY c.a',
  'ORDER BY c.a DESC',
  'ORDER BY c.c',
  'ORDER BY c.c DESC',
  'ORDER BY c.o.x DESC',
  'ORDER BY c.id DESC',
  'ORDER BY c.a, c.b',
  'ORDER BY c.a DESC, c.b DESC',
  'ORDER BY c.a, c.b DESC',
  'ORDER BY c.a DESC, c.b',
  'ORDER BY c.o.x DESC, c.id DESC',
  'ORDER BY c.o.x, c.id',
)
const window = fc.constantFrom('', 'OFFSET 0 LIMIT 3', 'OFFSET 2 LIMIT 4', 'OFFSET 1 LIMIT 100')
const parameters = new Map<string, Value>([
  ['@p', 1],
  ['@q', 'ab'],
  ['@u', undefined],
])

function evaluated(documents: JsonObject[], text: string): string[] {
  const query = parseSql(text)
  const source = rowSource(query, parameters)
  const matching = documents.filter((candidate) => {
    const rows: unknown[] = []
    source.visit(candidate, (row) => rows.push(row) > 0)
    return rows.length > 0
  })
  const clause = /ORDER BY (.*?)(?: OFFSET|$)/.exec(text)?.[1]
  const items =
    clause
      ?.split(', ')
      .map((item) => ({ path: item.split(' ')[0]!.split('.').slice(1), isDescending: item.endsWith('DESC') })) ?? []
  const indexed = matching.map((candidate) => ({ candidate, place: documents.indexOf(candidate) }))
  indexed.sort((left, right) => {
    for (const item of items) {
      const compared = compareValues(valueAt(left.candidate, item.path), valueAt(right.candidate, item.path))
      if (compared !== 0) return item.isDescending ? -compared : compared
    }
    return items[0]?.isDescending ? right.place - left.place : left.place - right.place
  })
  const [, skip, take] = /OFFSET (\d+) LIMIT (\d+)/.exec(text) ?? ['', '0', '1000']
  return indexed.map(({ candidate }) => idOf(candidate)).slice(Number(skip), Number(skip) + Number(take))
}

function idOf(found: JsonObject): string {
  const { id } = found
  return typeof id === 'string' ? id : ''
}

function compareValues(left: Value, right: Value): number {
  return compareSameType(left, right) ?? rankOf(left) - rankOf(right)
}

function planned(
  container: ContainerEntry,
  text: string,
  partition: string | undefined,
  maxItemCount: number,
): string[] {
  const found: string[] = []
  const kept = new KeptResults()
  let continuation: string | undefined
  do {
    const query = parseSql(text)
    const page = runQuery({
      text,
      query,
      parameters,
      container,
      partition,
      isMerged: false,
      maxItemCount,
      continuation,
      kept,
    })
    found.push(...page.results.map((result) => idOf(JSON.parse(result) as JsonObject)))
    continuation = page.continuation
  } while (continuation !== undefined)
  return found
}

describe('the planner', () => {
  it('finds what plain evaluation finds, in the same order, page by page', () => {
    const property = fc.property(
      fc.array(document, { minLength: 1, maxLength: 24 }),
      fc.array(fc.tuple(condition, order, window, fc.integer({ min: 1, max: 7 }), fc.boolean()), {
        minLength: 12,
        maxLength: 12,
      }),
      (documents, asked) => {
        const container = aContainer(documents)
        const stored = [...container.items.each(`SELECT body FROM ${container.items.name} ORDER BY seq`, [])]
        const all = stored.map((row) => JSON.parse(String(row['body'])) as JsonObject)
        for (const [where, orderBy, limit, size, isScoped] of asked) {
          const text = `SELECT * FROM c WHERE ${where} ${orderBy} ${limit}`.trim()
          const visible = isScoped ? all.filter((candidate) => candidate['pk'] === 'mine') : all
          const partition = isScoped ? partitionText(['mine']) : undefined
          expect(planned(container, text, partition, size), text).toEqual(evaluated(visible, text))
          const counted = text.replace('*', 'VALUE COUNT(1)').replace(/ (ORDER|OFFSET).*/, '')
          const query = parseSql(counted)
          const page = runQuery({
            text: counted,
            query,
            parameters,
            container,
            partition,
            isMerged: false,
            maxItemCount: 10,
            continuation: undefined,
            kept: new KeptResults(),
          })
          const matching = evaluated(visible, `SELECT * FROM c WHERE ${where}`)
          expect(page.results, counted).toEqual([String(matching.length)])
        }
        catalog.deleteContainer('d', container.id)
      },
    )
    fc.assert(property, { numRuns: 150 })
  })

  it('is really tested: many of these filters are answered by SQLite alone, and many are not', () => {
    const container = aContainer([{ a: 1 }])
    const samples = fc.sample(condition, { numRuns: 400, seed: 7 })
    const exact = samples.filter((where) => {
      const query = parseSql(`SELECT * FROM c WHERE ${where}`)
      return planAccess({ query, parameters, container, partition: undefined, order: [] }).isExact
    })
    expect(exact.length).toBeGreaterThan(100)
    expect(exact.length).toBeLessThan(350)
  })

  it('answers a keyset page from the index: deep pages load no more than the first', () => {
    const container = aContainer(Array.from({ length: 2000 }, (_, index) => ({ o: { x: index } })))
    const text =
      'SELECT * FROM c WHERE c.o.x < @x OR (c.o.x = @x AND c.id < @id) ORDER BY c.o.x DESC, c.id DESC OFFSET 0 LIMIT 10'
    const query = parseSql(text)
    const charges = [1999, 1000, 20].map((x) => {
      const bound = new Map<string, Value>([
        ['@x', x],
        ['@id', 'i0'],
      ])
      const page = runQuery({
        text,
        query,
        parameters: bound,
        container,
        partition: partitionText(['mine']),
        isMerged: false,
        maxItemCount: 10,
        continuation: undefined,
        kept: new KeptResults(),
      })
      expect(page.results).toHaveLength(10)
      return page.charge
    })
    expect(new Set(charges.map((charge) => Math.round(charge * 10))).size).toBe(1)
  })
})
