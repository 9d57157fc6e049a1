import type { Container, PatchOperation as SdkOperation } from '@azure/cosmos'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { refusalOf, startWorld } from './world.ts'
import type { World } from './world.ts'

/** The SDK sends what it is given; its types lack `move`. */
type PatchOperation = SdkOperation | { op: 'move'; from: string; path: string }

let world: World
let container: Container
let count = 0
beforeAll(async () => {
  world = await startWorld()
  container = await world.aContainer()
})
afterAll(() => world.close())

const before = { a: 1, text: 'x', list: [1, 2, 3], deep: { b: { c: true } }, none: null }

async function patched(operations: PatchOperation[]): Promise<Record<string, unknown>> {
  const id = `p${++count}`
  await container.items.create({ id, pk: 'a', ...before })
  const { resource, statusCode } = await container
    .item(id, 'a')
    .patch<Record<string, unknown>>(operations as SdkOperation[])
  expect(statusCode).toBe(200)
  const stored = await container.item(id, 'a').read<Record<string, unknown>>()
  expect(stored.resource).toEqual(resource)
  return resource as Record<string, unknown>
}

describe('the six operations', () => {
  it.each<[string, PatchOperation[], object]>([
    ['add creates a property', [{ op: 'add', path: '/new', value: { x: 1 } }], { new: { x: 1 } }],
    ['add overwrites a property', [{ op: 'add', path: '/a', value: 2 }], { a: 2 }],
    ['add inserts into an array', [{ op: 'add', path: '/list/1', value: 9 }], { list: [1, 9, 2, 3] }],
    ['add appends with -', [{ op: 'add', path: '/list/-', value: 9 }], { list: [1, 2, 3, 9] }],
    ['add at the end of an array', [{ op: 'add', path: '/list/3', value: 9 }], { list: [1, 2, 3, 9] }],
    ['set creates a property', [{ op: 'set', path: '/deep/b/d', value: 1 }], { deep: { b: { c: true, d: 1 } } }],
    ['set overwrites an array element', [{ op: 'set', path: '/list/1', value: 9 }], { list: [1, 9, 3] }],
    ['replace changes what is there', [{ op: 'replace', path: '/deep/b', value: null }], { deep: { b: null } }],
    ['replace takes null for a value that is there', [{ op: 'replace', path: '/none', value: 1 }], { none: 1 }],
    ['remove takes an array element out', [{ op: 'remove', path: '/list/0' }], { list: [2, 3] }],
    ['incr adds', [{ op: 'incr', path: '/a', value: 1.5 }], { a: 2.5 }],
    ['incr subtracts', [{ op: 'incr', path: '/a', value: -3 }], { a: -2 }],
    ['incr creates what is not there', [{ op: 'incr', path: '/hits', value: 4 }], { hits: 4 }],
    ['incr works in an array', [{ op: 'incr', path: '/list/2', value: 1 }], { list: [1, 2, 4] }],
    ['move overwrites its target', [{ op: 'move', from: '/text', path: '/a' }], { a: 'x' }],
    [
      'operations see what those before them did',
      [
        { op: 'add', path: '/n', value: 1 },
        { op: 'incr', path: '/n', value: 1 },
        { op: 'move', from: '/n', path: '/m' },
      ],
      { m: 2 },
    ],
    ['a path may hold escaped slashes', [{ op: 'set', path: '/x~1y~0', value: 1 }], { 'x/y~': 1 }],
  ])('%s', async (_, operations, expected) => {
    expect(await patched(operations)).toMatchObject(expected)
  })

  it('remove takes a property out', async () => {
    expect(await patched([{ op: 'remove', path: '/deep' }])).not.toHaveProperty('deep')
  })

  it('move takes the value from where it was', async () => {
    const document = await patched([{ op: 'move', from: '/deep/b', path: '/moved' }])
    expect(document).toMatchObject({ moved: { c: true }, deep: {} })
  })
})

describe('what is refused with 400, changing nothing', () => {
  it.each<[string, PatchOperation[]]>([
    ['replace of a missing path', [{ op: 'replace', path: '/missing', value: 1 }]],
    ['remove of a missing path', [{ op: 'remove', path: '/missing' }]],
    ['move from a missing path', [{ op: 'move', from: '/missing', path: '/a' }]],
    ['move into its own child', [{ op: 'move', from: '/deep', path: '/deep/b/c' }]],
    ['incr of a text', [{ op: 'incr', path: '/text', value: 1 }]],
    ['add below a missing parent', [{ op: 'add', path: '/x/y', value: 1 }]],
    ['add below a number', [{ op: 'add', path: '/a/y', value: 1 }]],
    ['add beyond an array', [{ op: 'add', path: '/list/7', value: 1 }]],
    ['an unknown operation', [{ op: 'copy' as 'add', path: '/a', value: 1 }]],
    ['a path without a slash', [{ op: 'add', path: 'a', value: 1 }]],
    ['an operation without a value', [{ op: 'set', path: '/a', value: undefined }]],
    ['the id', [{ op: 'set', path: '/id', value: 'other' }]],
    ['the partition key', [{ op: 'set', path: '/pk', value: 'other' }]],
    ['a system property', [{ op: 'set', path: '/_etag', value: 'x' }]],
    ['more than ten operations', Array.from({ length: 11 }, () => ({ op: 'incr' as const, path: '/a', value: 1 }))],
    ['no operation', []],
    [
      'a second operation that fails',
      [
        { op: 'set', path: '/a', value: 5 },
        { op: 'remove', path: '/missing' },
      ],
    ],
  ])('%s', async (_, operations) => {
    const id = `q${++count}`
    const { etag } = await container.items.create({ id, pk: 'a', ...before })
    expect((await refusalOf(container.item(id, 'a').patch(operations as SdkOperation[]))).code).toBe(400)
    expect((await container.item(id, 'a').read()).etag).toBe(etag)
  })
})

describe('conditions', () => {
  it('applies the patch when the predicate holds and answers 412 when it does not', async () => {
    await container.items.create({ id: 'c1', pk: 'a', status: 'queued', n: 1 })
    const item = container.item('c1', 'a')
    const operations: SdkOperation[] = [{ op: 'set', path: '/status', value: 'sent' }]
    const condition = "from c where c.status = 'queued' AND c.n < 5"
    expect((await item.patch({ operations, condition })).resource).toMatchObject({ status: 'sent' })
    expect((await refusalOf(item.patch({ operations, condition }))).code).toBe(412)
  })

  it('does not take undefined for true', async () => {
    await container.items.create({ id: 'c2', pk: 'a' })
    const patch = {
      operations: [{ op: 'set' as const, path: '/x', value: 1 }],
      condition: 'from c where c.missing != 1',
    }
    expect((await refusalOf(container.item('c2', 'a').patch(patch))).code).toBe(412)
  })

  it.each(['c.status = 1', 'SELECT * FROM c', 'from c', 'from c where', 'from c where c.a = 1 order by c.a'])(
    'refuses the predicate %j',
    async (condition) => {
      await container.items.upsert({ id: 'c3', pk: 'a' })
      const patch = { operations: [{ op: 'set' as const, path: '/x', value: 1 }], condition }
      expect((await refusalOf(container.item('c3', 'a').patch(patch))).code).toBe(400)
    },
  )

  it('honours If-Match, and answers 404 for an item that is not there', async () => {
    await container.items.create({ id: 'c4', pk: 'a' })
    const operations: SdkOperation[] = [{ op: 'set', path: '/x', value: 1 }]
    const accessCondition = { type: 'IfMatch', condition: '"stale"' }
    expect((await refusalOf(container.item('c4', 'a').patch(operations, { accessCondition }))).code).toBe(412)
    expect((await refusalOf(container.item('c5', 'a').patch(operations))).code).toBe(404)
  })

  it('adds up racing increments', async () => {
    await container.items.create({ id: 'c6', pk: 'a', n: 0 })
    const item = container.item('c6', 'a')
    await Promise.all(Array.from({ length: 25 }, () => item.patch([{ op: 'incr', path: '/n', value: 2 }])))
    expect((await item.read()).resource).toMatchObject({ n: 50 })
  })
})
