import type { Container } from '@azure/cosmos'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { all, codeOf, refusalOf, startWorld } from './world.ts'
import type { World } from './world.ts'

/** Keeps the SDK from making up an id. */
const withoutNewIds: object = { disableAutomaticIdGeneration: true }

let world: World
let container: Container
beforeAll(async () => {
  world = await startWorld()
  container = await world.aContainer()
})
afterAll(() => world.close())

describe('creating an item', () => {
  it('answers 201 with the document and its system properties', async () => {
    const { statusCode, resource, etag, requestCharge } = await container.items.create({ id: 'one', pk: 'a', n: 1 })
    expect(statusCode).toBe(201)
    expect(resource).toMatchObject({ id: 'one', pk: 'a', n: 1, _attachments: 'attachments/' })
    expect(etag).toBe(resource?._etag)
    expect(etag).toMatch(/^".+"$/)
    expect(resource?._ts).toBeCloseTo(Date.now() / 1000, -1)
    expect(requestCharge).toBeGreaterThan(4.9)
  })

  it('is a conflict when the id exists in the partition, and none in another partition', async () => {
    await container.items.create({ id: 'twin', pk: 'a' })
    const refusal = await refusalOf(container.items.create({ id: 'twin', pk: 'a' }))
    expect(refusal.code).toBe(409)
    expect(refusal.body?.code).toBe('Conflict')
    expect(refusal.message).toContain('Resource with specified id or name already exists.')
    expect((await container.items.create({ id: 'twin', pk: 'b' })).statusCode).toBe(201)
  })

  it('lets exactly one of many racing creates win', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, n) => codeOf(container.items.create({ id: 'race', pk: 'a', n }))),
    )
    expect(outcomes.filter((code) => code === 201)).toHaveLength(1)
    expect(outcomes.filter((code) => code === 409)).toHaveLength(19)
  })

  it.each([['x'.repeat(1024)], ['é'.repeat(512)]])('refuses an id longer than 1023 bytes', async (id) => {
    expect((await refusalOf(container.items.create({ id, pk: 'a' }))).code).toBe(400)
  })

  it.each(['with space', 'ümläut', 'percent%41', 'emoji 🎉', 'quote\'"', 'a+b&c=d'])(
    'stores and finds the id %j',
    async (id) => {
      await container.items.create({ id, pk: 'ids' })
      expect((await container.item(id, 'ids').read()).resource).toMatchObject({ id })
    },
  )

  it.each([
    ['a slash', 'a/b'],
    ['a backslash', 'a\\b'],
    ['a hash', 'a#b'],
    ['nothing', ''],
  ])('refuses an id with %s at the door', async (_, id) => {
    const batch = [{ operationType: 'Create' as const, resourceBody: { id, pk: 'a' } }]
    const { result } = await container.items.batch(batch, 'a', withoutNewIds)
    expect(result?.[0]?.statusCode).toBe(400)
  })

  it('refuses an item without an id or with one that is no text', async () => {
    for (const id of [undefined, 5, null, {}]) {
      const batch = [{ operationType: 'Create' as const, resourceBody: { id: id as string, pk: 'a' } }]
      const { result } = await container.items.batch(batch, 'a', withoutNewIds)
      expect(result?.[0]?.statusCode).toBe(400)
    }
  })

  it('takes an item of just under 2 MB and refuses a larger one with 413', async () => {
    const fits = await container.items.create({ id: 'big', pk: 'a', text: 'x'.repeat(2 * 1024 * 1024 - 500) })
    expect(fits.statusCode).toBe(201)
    const refusal = await refusalOf(
      container.items.create({ id: 'bigger', pk: 'a', text: 'x'.repeat(2 * 1024 * 1024) }),
    )
    expect(refusal.code).toBe(413)
    expect(refusal.body?.code).toBe('RequestEntityTooLarge')
  })

  it('measures the size in bytes, not in characters', async () => {
    const refusal = await refusalOf(container.items.create({ id: 'wide', pk: 'a', text: '漢'.repeat(700_000) }))
    expect(refusal.code).toBe(413)
  })

  it('keeps every JSON value as it was, and own properties with odd names', async () => {
    const odd = {
      n: null,
      b: false,
      z: 0,
      f: -1.5e-7,
      s: 'ä\u2028\u0000"\\',
      a: [[], {}],
      o: { constructor: 1, 'a.b': 2 },
    }
    await container.items.create({ id: 'odd', pk: 'a', odd })
    expect((await container.item('odd', 'a').read()).resource).toMatchObject({ odd })
  })
})

describe('reading an item', () => {
  it('answers 404 for what does not exist, and for the right id in the wrong partition', async () => {
    await container.items.create({ id: 'here', pk: 'a' })
    for (const [id, pk] of [
      ['nowhere', 'a'],
      ['here', 'b'],
    ] as const) {
      const answer = await container.item(id, pk).read()
      expect(answer.statusCode).toBe(404)
      expect(answer.resource).toBeUndefined()
    }
  })

  it('answers 304 when the version is the one the caller has', async () => {
    const { etag } = await container.items.create({ id: 'known', pk: 'a' })
    const accessCondition = { type: 'IfNoneMatch', condition: etag }
    const answer = await container.item('known', 'a').read({ accessCondition })
    expect(answer.statusCode).toBe(304)
    await container.items.upsert({ id: 'known', pk: 'a', n: 2 })
    expect((await container.item('known', 'a').read({ accessCondition })).statusCode).toBe(200)
  })
})

describe('replacing an item', () => {
  it('changes the version and keeps the resource id', async () => {
    const created = await container.items.create({ id: 'r1', pk: 'a', n: 1 })
    const replaced = await container.item('r1', 'a').replace({ id: 'r1', pk: 'a', n: 2 })
    expect(replaced.statusCode).toBe(200)
    expect(replaced.resource).toMatchObject({ n: 2, _rid: created.resource?._rid })
    expect(replaced.etag).not.toBe(created.etag)
  })

  it('is 404 for an item that is not there', async () => {
    const refusal = await refusalOf(container.item('r2', 'a').replace({ id: 'r2', pk: 'a' }))
    expect([refusal.code, refusal.body?.code]).toEqual([404, 'NotFound'])
  })

  it('is 412 over another version, and goes through over the one that was read', async () => {
    const { etag } = await container.items.create({ id: 'r3', pk: 'a', n: 1 })
    const item = container.item('r3', 'a')
    await item.replace({ id: 'r3', pk: 'a', n: 2 })
    const stale = { accessCondition: { type: 'IfMatch', condition: etag } }
    const refusal = await refusalOf(item.replace({ id: 'r3', pk: 'a', n: 3 }, stale))
    expect([refusal.code, refusal.body?.code]).toEqual([412, 'PreconditionFailed'])
    expect((await item.read()).resource).toMatchObject({ n: 2 })
    const fresh = { accessCondition: { type: 'IfMatch', condition: (await item.read()).etag } }
    expect((await item.replace({ id: 'r3', pk: 'a', n: 4 }, fresh)).statusCode).toBe(200)
  })

  it('loses no increment when writers race with If-Match and retry', async () => {
    await container.items.create({ id: 'counter', pk: 'a', n: 0 })
    const item = container.item('counter', 'a')
    const increment = async (): Promise<void> => {
      for (;;) {
        const { resource, etag } = await item.read<{ id: string; pk: string; n: number }>()
        const next = { ...resource!, n: resource!.n + 1 }
        const accessCondition = { type: 'IfMatch', condition: etag }
        const outcome = await codeOf(item.replace(next, { accessCondition }))
        if (outcome === 200) return
        expect(outcome).toBe(412)
      }
    }
    await Promise.all(Array.from({ length: 10 }, increment))
    expect((await item.read()).resource).toMatchObject({ n: 10 })
  })

  it('refuses to change the id', async () => {
    await container.items.create({ id: 'r4', pk: 'a' })
    expect((await refusalOf(container.item('r4', 'a').replace({ id: 'r5', pk: 'a' }))).code).toBe(400)
  })

  it('refuses a document of another partition', async () => {
    await container.items.create({ id: 'r6', pk: 'a' })
    const refusal = await refusalOf(container.item('r6', 'a').replace({ id: 'r6', pk: 'b' }))
    expect([refusal.code, refusal.substatus]).toEqual([400, 1001])
  })
})

describe('upserting an item', () => {
  it('creates with 201 and overwrites with 200', async () => {
    expect((await container.items.upsert({ id: 'u1', pk: 'a', n: 1 })).statusCode).toBe(201)
    expect((await container.items.upsert({ id: 'u1', pk: 'a', m: 2 })).statusCode).toBe(200)
    expect((await container.item('u1', 'a').read()).resource).not.toHaveProperty('n')
  })

  it('honours If-Match on an item that exists and, as the service, ignores it on one that does not', async () => {
    const accessCondition = { type: 'IfMatch', condition: '"nothing"' }
    expect((await container.items.upsert({ id: 'u2', pk: 'a' }, { accessCondition })).statusCode).toBe(201)
    expect((await refusalOf(container.items.upsert({ id: 'u2', pk: 'a' }, { accessCondition }))).code).toBe(412)
  })
})

describe('deleting an item', () => {
  it('answers 204, then 404', async () => {
    await container.items.create({ id: 'd1', pk: 'a' })
    expect((await container.item('d1', 'a').delete()).statusCode).toBe(204)
    expect((await refusalOf(container.item('d1', 'a').delete())).code).toBe(404)
  })

  it('is 412 over another version', async () => {
    await container.items.create({ id: 'd2', pk: 'a' })
    const accessCondition = { type: 'IfMatch', condition: '"other"' }
    expect((await refusalOf(container.item('d2', 'a').delete({ accessCondition }))).code).toBe(412)
    expect((await container.item('d2', 'a').read()).statusCode).toBe(200)
  })

  it('never gives a version or a resource id out twice', async () => {
    const first = await container.items.create({ id: 'd3', pk: 'a' })
    await container.item('d3', 'a').delete()
    const second = await container.items.create({ id: 'd3', pk: 'a' })
    expect(second.etag).not.toBe(first.etag)
    expect(second.resource?._rid).not.toBe(first.resource?._rid)
  })
})

describe('partition key values', () => {
  it.each<[string, string | number | boolean | null | undefined]>([
    ['a text', 'x'],
    ['an empty text', ''],
    ['a number', 5],
    ['zero', 0],
    ['true', true],
    ['null', null],
    ['nothing', undefined],
  ])('keeps %s apart from the others', async (_, pk) => {
    const own = await world.aContainer()
    const others = ['x', '', 5, 0, true, null, undefined, '5', 'null', 'true', false].filter((other) => other !== pk)
    await own.items.create({ id: 'same', pk, mine: true })
    for (const other of others) await own.items.create({ id: 'same', pk: other, mine: false })
    const { resource } = await own.item('same', pk).read<object>()
    expect(resource).toMatchObject({ mine: true })
    expect(await all(own, 'SELECT VALUE c.mine FROM c')).toHaveLength(others.length + 1)
  })

  it('refuses a document whose partition key is an object', async () => {
    const refusal = await refusalOf(container.items.create({ id: 'p1', pk: { a: 1 } }))
    expect(refusal.code).toBe(400)
  })
})
