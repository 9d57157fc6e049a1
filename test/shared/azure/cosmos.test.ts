import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { startCosmosEmulator, type CosmosEmulator } from '../../../local/cosmos-emulator/server.ts'
import type { BatchOperation, DocumentContainer } from '../../../shared/azure/cosmos.ts'
import { newUuid } from '../../../shared/ids.ts'
import { aWorld, type World } from '../../support/world.ts'

const Thing = z.object({ id: z.string(), workspace_id: z.string(), n: z.number() })
type Thing = z.output<typeof Thing>
const parse = (document: unknown): Thing => Thing.parse(document)

// An emulator of its own: the faults set here are nobody else's.
let emulator: CosmosEmulator
let world: World
let core: DocumentContainer
beforeAll(async () => {
  emulator = await startCosmosEmulator()
  world = await aWorld({ env: { COSMOS_ENDPOINT: emulator.url, COSMOS_KEY: emulator.key } })
  core = world.deps.containers.core
})
beforeEach(() => control('DELETE', 'faults'))
afterAll(async () => {
  await world.close()
  await emulator.close()
})

async function control(method: string, path: string, body?: unknown): Promise<void> {
  const init = body === undefined ? {} : { body: JSON.stringify(body) }
  const answer = await fetch(`${emulator.url}/_emulator/${path}`, { method, ...init })
  if (!answer.ok) throw new Error(await answer.text())
}

function aThing(n = 1, workspaceId = newUuid()): Thing {
  return { id: newUuid(), workspace_id: workspaceId, n }
}

const read = ({ id, workspace_id }: Thing) => core.read(id, workspace_id, parse)
const create = (thing: Thing) => core.create(thing, thing.workspace_id)
const batch = (operations: BatchOperation<Thing>[], workspaceId: string) => core.batch(operations, workspaceId)
const CONFLICT = { code: 'conflict' }

describe('a container of documents', () => {
  it('gives back what was written, with its version, and nothing of our own marks', async () => {
    const thing = aThing()
    const { value, etag } = await create(thing)
    expect(value).toEqual(thing)
    expect(await read(thing)).toEqual({ value: thing, etag })
  })

  it('finds nothing under another id or in another partition', async () => {
    const thing = aThing()
    await create(thing)
    expect(await core.read(newUuid(), thing.workspace_id, parse)).toBeUndefined()
    expect(await core.read(thing.id, newUuid(), parse)).toBeUndefined()
  })

  it('lets a document that does not fit its schema through to nobody', async () => {
    const thing = aThing()
    await core.create({ ...thing, n: 'seven' } as unknown as Thing, thing.workspace_id)
    await expect(read(thing)).rejects.toThrow(z.ZodError)
  })

  it('reports a second creation as a conflict and keeps the first', async () => {
    const thing = aThing()
    await create(thing)
    await expect(create({ ...thing, n: 2 })).rejects.toMatchObject(CONFLICT)
    expect((await read(thing))?.value.n).toBe(1)
  })

  it('writes only over the version that was read', async () => {
    const thing = aThing()
    const first = await create(thing)
    const second = await core.replace(first, { ...thing, n: 2 }, thing.workspace_id)
    await expect(core.replace(first, { ...thing, n: 3 }, thing.workspace_id)).rejects.toMatchObject(CONFLICT)
    const third = await core.replace(second, { ...thing, n: 4 }, thing.workspace_id)
    expect(await read(thing)).toEqual({ value: { ...thing, n: 4 }, etag: third.etag })
  })

  it('reports as a conflict that a document was deleted meanwhile', async () => {
    const thing = aThing()
    const stored = await create(thing)
    await core.remove(thing.id, thing.workspace_id)
    await expect(core.replace(stored, thing, thing.workspace_id)).rejects.toMatchObject(CONFLICT)
    const operation = { kind: 'replace', document: thing, etag: stored.etag } as const
    await expect(batch([operation], thing.workspace_id)).rejects.toMatchObject(CONFLICT)
  })

  it('removes once or twice alike, but not over a newer version', async () => {
    const thing = aThing()
    const first = await create(thing)
    await core.replace(first, { ...thing, n: 2 }, thing.workspace_id)
    await expect(core.remove(thing.id, thing.workspace_id, first.etag)).rejects.toMatchObject(CONFLICT)
    await core.remove(thing.id, thing.workspace_id)
    await core.remove(thing.id, thing.workspace_id)
    expect(await read(thing)).toBeUndefined()
  })

  it('lets exactly one of many writers over the same version win', async () => {
    const thing = aThing()
    const stored = await create(thing)
    const writes = Array.from({ length: 16 }, (_, n) => core.replace(stored, { ...thing, n }, thing.workspace_id))
    const outcomes = await Promise.allSettled(writes)
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  it('writes a batch whole or not at all', async () => {
    const workspaceId = newUuid()
    const [a, b, c] = [aThing(1, workspaceId), aThing(2, workspaceId), aThing(3, workspaceId)]
    const stored = await create(a)
    const create2 = (document: Thing) => ({ kind: 'create', document }) as const
    await expect(batch([create2(b), create2(a)], workspaceId)).rejects.toMatchObject(CONFLICT)
    expect(await read(b)).toBeUndefined()
    await batch([create2(b), { kind: 'replace', document: { ...a, n: 9 }, etag: stored.etag }], workspaceId)
    expect((await read(a))?.value.n).toBe(9)
    const stale = { kind: 'replace', document: { ...a, n: 10 }, etag: stored.etag } as const
    await expect(batch([create2(c), stale], workspaceId)).rejects.toMatchObject(CONFLICT)
    expect(await read(c)).toBeUndefined()
    await batch([{ kind: 'upsert', document: { ...c, n: 5 } }], workspaceId)
    expect((await read(c))?.value.n).toBe(5)
  })

  it('queries inside a partition, or over all where it is left out', async () => {
    const workspaceId = newUuid()
    const mark = Math.random()
    for (let at = 0; at < 5; at++) await create({ ...aThing(mark, workspaceId), id: `${workspaceId}-${at}` })
    await create(aThing(mark))
    const text = 'SELECT * FROM c WHERE c.n = @mark ORDER BY c.id'
    const query = { text, parameters: { mark }, partition: workspaceId, maxItems: 2 }
    expect((await core.query(query, parse)).map(({ id }) => id.at(-1))).toEqual(['0', '1', '2', '3', '4'])
    expect(await core.query({ text: 'SELECT * FROM c WHERE c.n = @mark', parameters: { mark } }, parse)).toHaveLength(6)
  })
})

describe('a container in trouble', () => {
  const fault = (kind: string, operation: string, count = 1) =>
    control('POST', 'faults', { kind, operation, count, container: 'core' })

  it('recognises its own creation when the answer was lost', async () => {
    const thing = aThing()
    await fault('broken_after_apply', 'create')
    const stored = await create(thing)
    expect(await read(thing)).toEqual(stored)
    // The version it gives back is the stored one: the next write works.
    await core.replace(stored, { ...thing, n: 2 }, thing.workspace_id)
  })

  it('recognises its own replacement when the answer was lost, more than once', async () => {
    const thing = aThing()
    const first = await create(thing)
    await fault('broken_after_apply', 'replace', 2)
    const second = await core.replace(first, { ...thing, n: 2 }, thing.workspace_id)
    expect(await read(thing)).toEqual({ value: { ...thing, n: 2 }, etag: second.etag })
  })

  it('recognises its own batch when the answer was lost', async () => {
    const thing = aThing()
    const stored = await create(thing)
    const other = aThing(7, thing.workspace_id)
    await fault('broken_after_apply', 'batch')
    await batch(
      [
        { kind: 'create', document: other },
        { kind: 'replace', document: { ...thing, n: 2 }, etag: stored.etag },
      ],
      thing.workspace_id,
    )
    expect([(await read(thing))?.value.n, (await read(other))?.value.n]).toEqual([2, 7])
  })

  it('still tells a true conflict from its own write after a lost answer', async () => {
    const thing = aThing()
    await create({ ...thing, n: 5 })
    await fault('broken_after_apply', 'create')
    await expect(create(thing)).rejects.toMatchObject(CONFLICT)
    await fault('broken_after_apply', 'batch')
    await expect(batch([{ kind: 'create', document: thing }], thing.workspace_id)).rejects.toMatchObject(CONFLICT)
    expect((await read(thing))?.value.n).toBe(5)
  })

  it('removes although the answer was lost', async () => {
    const thing = aThing()
    const { etag } = await create(thing)
    await fault('broken_after_apply', 'delete')
    await core.remove(thing.id, thing.workspace_id, etag)
    expect(await read(thing)).toBeUndefined()
  })

  it.each(['429', '449', '503'])('repeats reads, writes, batches and queries after %s', async (kind) => {
    const thing = aThing()
    for (const operation of ['create', 'read', 'replace', 'batch', 'query', 'delete']) await fault(kind, operation, 2)
    const first = await create(thing)
    await core.replace((await read(thing)) ?? first, { ...thing, n: 2 }, thing.workspace_id)
    await batch([{ kind: 'create', document: aThing(3, thing.workspace_id) }], thing.workspace_id)
    const query = { text: 'SELECT VALUE c.n FROM c ORDER BY c.id', partition: thing.workspace_id }
    expect((await core.query(query, Number)).sort()).toEqual([2, 3])
    await core.remove(thing.id, thing.workspace_id)
  })

  it('gives up after a few tries, and says what the store said', async () => {
    await fault('503', 'create', 50)
    await expect(create(aThing())).rejects.toMatchObject({ code: 503 })
  })

  it('does not take a container that is not there for a conflict', async () => {
    const elsewhere = await aWorld({ env: { COSMOS_ENDPOINT: emulator.url, COSMOS_KEY: emulator.key } })
    const missing = elsewhere.deps.containers.core
    await elsewhere.close()
    await expect(missing.create(aThing(), newUuid())).rejects.toMatchObject({ code: 404 })
  })
})
