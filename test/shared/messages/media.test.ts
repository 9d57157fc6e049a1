/** Files in single messages: Meta is given each of them once for a number, and messages name its id. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Deps } from '../../../shared/deps.ts'
import { inFlight } from '../../../shared/in-flight.ts'
import { mediaStore } from '../../../shared/media/store.ts'
import type { Media } from '../../../shared/media/schema.ts'
import { queueMedia } from '../../../shared/messages/queue-media.ts'
import { sendMessage } from '../../../shared/messages/send.ts'
import { messageStore } from '../../../shared/messages/store.ts'
import { agedCopies, copiesOf, notingMeta } from '../../support/meta-copies.ts'
import { aStoredImage } from '../../support/messages.ts'
import { aMessageWorld, type MessageWorld } from '../../support/message-world.ts'
import { crash, interrupted } from '../../support/tenants.ts'

const HOUR_MS = 3_600_000

let w: MessageWorld
beforeAll(async () => {
  w = await aMessageWorld()
})
afterAll(() => w.close())
afterEach(() => w.simulator.clearFaults())

async function aQueuedFile(type: 'image' | 'document' = 'image', given?: Media) {
  const to = w.aStranger()
  await w.writes(to)
  const media = given ?? (await aStoredImage(w.deps, w.workspaceId))
  const file = { phone_number_id: w.phoneNumberId, to, media_type: type, media_id: media.id, caption: 'Look' }
  return { media, to, message: await queueMedia(w.deps, w.workspaceId, file) }
}

/** As if the wait were over. */
function deliverLater(deps: Deps, hours = 0): Promise<void> {
  return w.deliver({ ...deps, now: () => new Date(Date.now() + 60_000 + hours * HOUR_MS) })
}

async function deliverAll(deps: Deps, hours = 0): Promise<void> {
  await w.deliver(deps)
  await deliverLater(deps, hours)
}

function imageIds(bodies: Record<string, unknown>[]): unknown[] {
  return bodies.map((body) => (body['image'] as { id?: string }).id)
}

describe('a file', () => {
  it('is given to Meta once, and messages of weeks name the same id', async () => {
    const { message, to, media } = await aQueuedFile()
    const meta = notingMeta(w.deps)
    await w.deliver(meta.deps)
    await aQueuedFile('image', media)
    await aQueuedFile('document', media)
    await w.deliver(meta.deps)
    expect(meta.uploads).toBe(1)
    const [copy, ...more] = await copiesOf(w.deps, media)
    expect(more).toEqual([])
    const id = copy!.id
    expect(await w.status(message.id)).toMatchObject({ status: 'sent' })
    expect(meta.bodies).toMatchObject([
      { to, type: 'image', image: { id, caption: 'Look' }, biz_opaque_callback_data: message.id },
      { type: 'image', image: { id } },
      { type: 'document', document: { id, filename: 'dot.png' } },
    ])
    const stored = await messageStore(w.deps.containers).find(w.workspaceId, message.id)
    expect(JSON.stringify([meta.bodies, w.queued, stored, w.world.lines])).not.toContain('sig=')
  })

  it('is given again a day before Meta drops it', async () => {
    const { media } = await aQueuedFile()
    const meta = notingMeta(w.deps)
    await w.deliver(meta.deps)
    await agedCopies(w.deps, media, 28 * 24 * HOUR_MS)
    await aQueuedFile('image', media)
    await w.deliver(meta.deps)
    expect(meta.uploads).toBe(1)
    await agedCopies(w.deps, media, 24 * HOUR_MS + 60_000)
    await aQueuedFile('image', media)
    await w.deliver(meta.deps)
    expect(meta.uploads).toBe(2)
    const [first, again, last] = imageIds(meta.bodies)
    expect([again, last === first]).toEqual([first, false])
  })

  it('that many messages want at once is given once by a process; two processes may both, and all is sent', async () => {
    const media = await aStoredImage(w.deps, w.workspaceId)
    const messages: string[] = []
    for (let count = 0; count < 6; count++) messages.push((await aQueuedFile('image', media)).message.id)
    const processes = [1, 2].map(() => notingMeta({ ...w.deps, uploadsToMeta: inFlight() }))
    const entries = w.entries()
    await Promise.all(entries.map((entry, index) => sendMessage(processes[index % 2]!.deps, entry)))
    for (const { uploads } of processes) expect(uploads).toBeLessThanOrEqual(1)
    for (const id of messages) expect(await w.status(id)).toMatchObject({ status: 'sent' })
    const known = (await copiesOf(w.deps, media)).map(({ id }) => id)
    for (const { bodies } of processes) for (const id of imageIds(bodies)) expect(known).toContain(id)
  })

  it('is sent once and given once more if the process dies before the copy is noted', async () => {
    const { message, media } = await aQueuedFile()
    const meta = notingMeta(w.deps)
    const dying = interrupted(meta.deps, 'core', 'replace', crash)
    const [entry] = w.entries()
    await expect(sendMessage(dying, entry!)).rejects.toThrow(/killed/)
    expect([meta.uploads, meta.bodies.length]).toEqual([1, 0])
    await sendMessage(meta.deps, entry!)
    expect([meta.uploads, meta.bodies.length]).toEqual([2, 1])
    expect(await w.status(message.id)).toMatchObject({ status: 'sent' })
    expect(await copiesOf(w.deps, media)).toHaveLength(1)
  })

  it('that Meta only takes as a document goes as a link, which nothing else holds', async () => {
    const media = await aStoredImage(w.deps, w.workspaceId)
    const store = mediaStore(w.deps.containers)
    const stored = await store.find(w.workspaceId, media.id)
    await store.replace(stored!, { ...media, mime_type: 'image/gif' })
    const { message } = await aQueuedFile('document', media)
    const meta = notingMeta(w.deps)
    const queued = JSON.stringify(w.queued)
    await w.deliver(meta.deps)
    expect(meta.uploads).toBe(0)
    const { link } = meta.bodies[0]!['document'] as { link: string }
    expect((await fetch(link)).status).toBe(200)
    const found = await messageStore(w.deps.containers).find(w.workspaceId, message.id)
    expect(JSON.stringify([queued, found, w.world.lines])).not.toContain('sig=')
  })

  it('that was deleted meanwhile fails the message', async () => {
    const { message, media } = await aQueuedFile()
    const store = mediaStore(w.deps.containers)
    const stored = await store.find(w.workspaceId, media.id)
    await store.replace(stored!, { ...media, deleted_at: new Date().toISOString() })
    await w.deliver()
    expect(await w.status(message.id)).toMatchObject({ status: 'failed', error: { code: 'media_not_found' } })
  })
})

describe('an upload to Meta that', () => {
  it.each([
    ['finds Meta busy', { kind: 'graph_error', code: 131016 }],
    ['loses its answer', { kind: 'answer_lost' }],
    ['meets a gateway’s error', { kind: 'http', status: 502 }],
    ['is cut off', { kind: 'reset' }],
  ])('%s leaves the message queued; it goes out later, once', async (_what, effect) => {
    const { message } = await aQueuedFile()
    await w.simulator.fault({ match: { path: '/media$' }, mode: { next: 1 }, effect })
    const meta = notingMeta(w.deps)
    await w.deliver(meta.deps)
    expect(await w.status(message.id)).toMatchObject({ status: 'queued' })
    expect(meta.bodies).toEqual([])
    await deliverLater(meta.deps)
    expect(await w.status(message.id)).toMatchObject({ status: 'sent' })
    expect([meta.uploads, meta.bodies.length]).toEqual([2, 1])
  })

  it('fails in the end, if Meta cannot be given the file within an hour', async () => {
    const { message } = await aQueuedFile()
    await w.simulator.fault({ match: { path: '/media$' }, effect: { kind: 'http', status: 502 } })
    await deliverAll(w.deps, 1)
    expect(await w.status(message.id)).toMatchObject({ status: 'failed', error: { code: 'expired' } })
  })

  it.each([
    ['131053', 'Meta could not use the media'],
    ['190', 'The access token expired or was revoked'],
  ])('is refused with %s fails the message, with these words', async (code, title) => {
    const { message } = await aQueuedFile()
    const effect = { kind: 'graph_error', code: Number(code) }
    await w.simulator.fault({ match: { path: '/media$' }, mode: { next: 1 }, effect })
    const meta = notingMeta(w.deps)
    await w.deliver(meta.deps)
    expect(await w.status(message.id)).toMatchObject({ status: 'failed', error: { code, title } })
    expect(meta.bodies).toEqual([])
  })
})

describe('a copy that Meta does not have any more', () => {
  async function aLostCopy() {
    const { media } = await aQueuedFile()
    await w.deliver()
    const [copy] = await copiesOf(w.deps, media)
    const { accessToken, url } = w.simulator
    const init = { method: 'DELETE', headers: { authorization: `Bearer ${accessToken}` } }
    expect((await fetch(`${url}/v26.0/${copy!.id}`, init)).status).toBe(200)
    return { media, copy: copy! }
  }

  it('is replaced: the message that was refused for it goes out, once', async () => {
    const { media, copy } = await aLostCopy()
    await agedCopies(w.deps, media, HOUR_MS)
    const { message } = await aQueuedFile('image', media)
    const meta = notingMeta(w.deps)
    await deliverAll(meta.deps)
    expect(await w.status(message.id)).toMatchObject({ status: 'sent' })
    expect(meta.uploads).toBe(1)
    const ids = imageIds(meta.bodies)
    expect([ids.length, ids[0], ids[1] === copy.id]).toEqual([2, copy.id, false])
    const ledger = (await w.simulator.control('GET', `ledger?callback_prefix=${message.id}`)) as { accepted: number }
    expect(ledger.accepted).toBe(1)
  })

  it('but was given a moment ago is not what is wrong: the message fails at its first try', async () => {
    const { media } = await aLostCopy()
    const { message } = await aQueuedFile('image', media)
    const meta = notingMeta(w.deps)
    await deliverAll(meta.deps)
    expect(await w.status(message.id)).toMatchObject({ status: 'failed', error: { code: '131009' } })
    expect([meta.uploads, meta.bodies.length]).toEqual([0, 1])
  })

  it('or fails a message later is used no more; that message is not sent again', async () => {
    const { media } = await aQueuedFile()
    const meta = notingMeta(w.deps)
    await w.deliver(meta.deps)
    await agedCopies(w.deps, media, HOUR_MS)
    const { message } = await aQueuedFile('image', media)
    await w.deliver(meta.deps)
    const timestamp = String(Math.floor(Date.now() / 1000))
    const told = { id: 'wamid.1', status: 'failed', timestamp, errors: [{ code: 131053 }] }
    await w.told({ ...told, biz_opaque_callback_data: message.id })
    expect(await w.status(message.id)).toMatchObject({ status: 'failed', error: { code: '131053' } })
    expect([meta.uploads, meta.bodies.length]).toEqual([1, 2])
    await aQueuedFile('image', media)
    await w.deliver(meta.deps)
    expect([meta.uploads, meta.bodies.length]).toEqual([2, 3])
  })
})
