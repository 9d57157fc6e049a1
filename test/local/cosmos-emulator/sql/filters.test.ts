/** WHERE over documents whose field has every type, and is missing: what passes, with and without an index on it. */
import type { Container } from '@azure/cosmos'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { all, fill, startWorld } from '../world.ts'
import type { World } from '../world.ts'

const values: Record<string, unknown> = {
  null: null,
  false: false,
  true: true,
  'minus-one': -1,
  zero: 0,
  ten: 10,
  empty: '',
  a: 'a',
  ab: 'ab',
  b: 'b',
  emoji: '😀',
  'private-use': '\ue000',
  list: [1],
  'empty-list': [],
  map: { a: 1 },
}

let world: World
const containers: Record<string, Container> = {}
beforeAll(async () => {
  world = await startWorld()
  containers['scanned'] = await world.aContainer()
  containers['indexed'] = await world.aContainer({
    indexingPolicy: { includedPaths: [{ path: '/*' }, { path: '/v/?' }], excludedPaths: [] },
  })
  const items = [...Object.entries(values).map(([id, v]) => ({ id, pk: 'p', v })), { id: 'missing', pk: 'p' }]
  for (const container of Object.values(containers)) await fill(container, items)
})
afterAll(() => world.close())

const defined = Object.keys(values)
const without = (...ids: string[]): string[] => defined.filter((id) => !ids.includes(id))

const cases: [condition: string, ids: string[]][] = [
  ['c.v = null', ['null']],
  ['c.v != null', without('null')],
  ['NOT (c.v = null)', without('null')],
  ['c.v = 0', ['zero']],
  ['c.v = -0', ['zero']],
  ['c.v = false', ['false']],
  ['c.v', ['true']],
  ['NOT c.v', ['false']],
  ['c.v = true', ['true']],
  ['c.v = "a"', ['a']],
  ['"a" = c.v', ['a']],
  ['c.v = [1]', ['list']],
  ['c.v = []', ['empty-list']],
  ['c.v = {"a": 1}', ['map']],
  ['c.v != {"a": 1}', without('map')],
  ['c.v != 0', without('zero')],
  ['c.v > 0', ['ten']],
  ['0 < c.v', ['ten']],
  ['c.v >= 0', ['zero', 'ten']],
  ['c.v < 10', ['minus-one', 'zero']],
  ['NOT (c.v < 10)', ['ten']],
  ['NOT (c.v >= 10)', ['minus-one', 'zero']],
  ['c.v > ""', ['a', 'ab', 'b', 'emoji', 'private-use']],
  ['c.v >= "ab"', ['ab', 'b', 'emoji', 'private-use']],
  ['c.v < "b"', ['empty', 'a', 'ab']],
  ['c.v > "\ue000"', ['emoji']],
  ['c.v > false', ['true']],
  ['c.v >= null', ['null']],
  ['c.v > [0]', []],
  ['c.v > c.nothing', []],
  ['c.v IN (0, "a", true)', ['true', 'zero', 'a']],
  ['c.v NOT IN (0, "a", true)', without('true', 'zero', 'a')],
  ['c.v IN (null, [1])', ['null', 'list']],
  ['c.v BETWEEN 0 AND 10', ['zero', 'ten']],
  ['c.v NOT BETWEEN 0 AND 10', ['minus-one']],
  ['c.v BETWEEN "a" AND "b"', ['a', 'ab', 'b']],
  ['IS_DEFINED(c.v)', defined],
  ['NOT IS_DEFINED(c.v)', ['missing']],
  ['IS_NULL(c.v)', ['null']],
  ['NOT IS_NULL(c.v)', [...without('null'), 'missing']],
  ['IS_NUMBER(c.v)', ['minus-one', 'zero', 'ten']],
  ['IS_STRING(c.v)', ['empty', 'a', 'ab', 'b', 'emoji', 'private-use']],
  ['IS_ARRAY(c.v)', ['list', 'empty-list']],
  ['IS_OBJECT(c.v)', ['map']],
  ['NOT IS_PRIMITIVE(c.v)', ['list', 'empty-list', 'map', 'missing']],
  ['STARTSWITH(c.v, "a")', ['a', 'ab']],
  ['STARTSWITH(c.v, "")', ['empty', 'a', 'ab', 'b', 'emoji', 'private-use']],
  ['STARTSWITH(c.v, "A", true)', ['a', 'ab']],
  ['NOT STARTSWITH(c.v, "a")', ['empty', 'b', 'emoji', 'private-use']],
  ['CONTAINS(c.v, "b")', ['ab', 'b']],
  ['NOT CONTAINS(c.v, "b")', ['empty', 'a', 'emoji', 'private-use']],
  ['c.v LIKE "a%"', ['a', 'ab']],
  ['c.v = 0 OR c.v = "a"', ['zero', 'a']],
  ['c.v > 0 OR c.v < "b"', ['ten', 'empty', 'a', 'ab']],
  ['NOT (c.v = 0 OR c.v = "a")', without('zero', 'a')],
  ['NOT (c.v > 0 AND c.v < 20)', ['minus-one', 'zero']],
  ['NOT (c.v > 0 OR CONTAINS(c.v, "zzz"))', []],
  ['c.v != 0 AND c.v != "a"', without('zero', 'a')],
  ['c.v >= 0 AND CONTAINS(c.id, "e")', ['zero', 'ten']],
  ['c.v = 0 OR LENGTH(c.v) = 2', ['zero', 'ab', 'emoji']],
  ['c.v = @zero', ['zero']],
  ['c.v = @missing', []],
  ['c.v != @missing', []],
  ['c.v IN (@zero, @text)', ['zero', 'a']],
  ['true', [...defined, 'missing']],
  ['false', []],
  ['null', []],
  ['1', []],
  ['c.nothing = c.nothing', []],
  ['c.v = c.v', defined],
  ['(c.v ?? "none") = "none"', ['missing']],
  ['c.id = "zero"', ['zero']],
  ['c.id > "private" AND c.id < "u"', ['private-use', 'ten', 'true'].filter((id) => id < 'u')],
  ['c.id != "zero" AND IS_NUMBER(c.v)', ['minus-one', 'ten']],
]

describe.each(['scanned', 'indexed'])('%s', (kind) => {
  it.each(cases)('%s', async (condition, ids) => {
    const query = {
      query: `SELECT VALUE c.id FROM c WHERE ${condition}`,
      parameters: [
        { name: '@zero', value: 0 },
        { name: '@text', value: 'a' },
        { name: '@missing', value: undefined as never },
      ],
    }
    const found = await all<string>(containers[kind]!, query, { partitionKey: 'p' })
    expect(found.sort()).toEqual([...ids].sort())
  })

  it('sorts by type, then by value, then by age', async () => {
    const order = [
      'missing',
      'null',
      'false',
      'true',
      'minus-one',
      'zero',
      'ten',
      'empty',
      'a',
      'ab',
      'b',
      'private-use',
      'emoji',
      'list',
      'empty-list',
      'map',
    ]
    const up = await all(containers[kind]!, 'SELECT VALUE c.id FROM c ORDER BY c.v', { partitionKey: 'p' })
    expect(up).toEqual(order)
    const down = await all(containers[kind]!, 'SELECT VALUE c.id FROM c ORDER BY c.v DESC', { partitionKey: 'p' })
    expect(down).toEqual([...order].reverse())
  })
})
