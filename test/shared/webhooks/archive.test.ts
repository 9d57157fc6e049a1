import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { receiveWebhookEndpoint } from '../../../functions/webhooks/receive.ts'
import type { Deps } from '../../../shared/deps.ts'
import { handleRequest } from '../../../shared/http/handle.ts'
import { archivedBodies, webhookArchive, type ArchivedBody } from '../../../shared/webhooks/archive.ts'
import type { Voice } from '../../../shared/webhooks/voice.ts'
import { aPost, sampleText, signatureOf } from '../../support/webhooks.ts'
import { aWorld, type World } from '../../support/world.ts'

const secret = randomBytes(16).toString('hex')
let world: World
let day = Date.parse('2026-11-01T00:00:00Z')
let now = new Date(day)
beforeAll(async () => {
  world = await aWorld({ appSecret: secret, env: { WEBHOOK_ARCHIVE: 'on' }, now: () => now })
})
beforeEach(() => {
  // A day for each test, so that none sees another's.
  day += 10 * 24 * 3_600_000
  now = new Date(day)
})
afterAll(() => world.close())

const HOUR = 3_600_000

async function kept(from = new Date(day - HOUR), to = new Date(day + 48 * HOUR)): Promise<ArchivedBody[]> {
  return Array.fromAsync(archivedBodies(world.deps, from, to))
}

const texts = (bodies: ArchivedBody[]) => bodies.map(({ body }) => body.toString('utf8')).sort()

describe('the archive of webhook bodies', () => {
  it('gives back every byte, when it came and what it may speak for', async () => {
    const voice: Voice = { numbers: ['1'], accounts: ['2', '3'] }
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), async (bytes) => {
        now = new Date(now.getTime() + 1)
        await world.deps.webhookArchive?.keep(Buffer.from(bytes), voice)
        const [archived] = await kept(now, new Date(now.getTime() + 1))
        expect(archived).toEqual({ receivedAt: now, voice, body: Buffer.from(bytes) })
      }),
      { numRuns: 20 },
    )
  })

  it('writes once for many that come together, and answers each only when it is durable', async () => {
    const puts: { body: Buffer; end: () => void }[] = []
    const put = (_container: string, _name: string, body: Buffer) =>
      new Promise<void>((end) => puts.push({ body, end }))
    const archive = webhookArchive({ blobs: { ...world.deps.blobs, put }, now: () => now })
    const answered: number[] = []
    const all = Array.from({ length: 64 }, (_, at) =>
      archive.keep(Buffer.from(`body ${at}`), 'everything').then(() => answered.push(at)),
    )
    for (let at = 0; answered.length < 64; at++) {
      await expect.poll(() => puts.length).toBe(at + 1)
      const before = answered.length
      const mine = puts[at]!.body.toString('utf8').split('\n').length - 1
      puts[at]!.end()
      await expect.poll(() => answered.length).toBe(before + mine)
    }
    await Promise.all(all)
    expect(puts).toHaveLength(2)
  })

  it('is read from a time to another, across days', async () => {
    for (const hour of [0, 1, 23, 24, 25]) {
      now = new Date(day + hour * HOUR)
      await world.deps.webhookArchive?.keep(Buffer.from(`hour ${hour}`), 'everything')
    }
    const between = (from: number, to: number) => kept(new Date(day + from * HOUR), new Date(day + to * HOUR))
    expect(texts(await between(1, 25))).toEqual(['hour 1', 'hour 23', 'hour 24'])
    expect(texts(await between(0, 1))).toEqual(['hour 0'])
    expect(texts(await between(23.5, 100))).toEqual(['hour 24', 'hour 25'])
    expect(texts(await between(2, 22))).toEqual([])
  })

  it('finds a body in a blob that began before the time asked for', async () => {
    const ends: (() => void)[] = []
    const put: Deps['blobs']['put'] = async (...parameters) => {
      await new Promise<void>((end) => ends.push(end))
      await world.deps.blobs.put(...parameters)
    }
    const archive = webhookArchive({ blobs: { ...world.deps.blobs, put }, now: () => now })
    const all = [0, 1, 2].map((minute) => {
      now = new Date(day + minute * 60_000)
      return archive.keep(Buffer.from(`minute ${minute}`), 'everything')
    })
    for (const at of [0, 1]) {
      await expect.poll(() => ends.length).toBe(at + 1)
      ends[at]!()
    }
    await Promise.all(all)
    expect(texts(await kept(new Date(day + 120_000)))).toEqual(['minute 2'])
  })
})

describe('POST /webhook with an archive', () => {
  const body = sampleText('status-sent.json')
  const post = (text: string, signature: string, changes: Partial<Deps> = {}) =>
    handleRequest(receiveWebhookEndpoint, aPost(text, signature), { ...world.deps, ...changes })

  it('keeps what is signed, usable or not, and nothing else', async () => {
    expect((await post(body, signatureOf(body, secret))).status).toBe(200)
    expect((await post('nonsense', signatureOf('nonsense', secret))).status).toBe(200)
    expect((await post(body, signatureOf(body, 'another'))).status).toBe(401)
    expect(texts(await kept())).toEqual(['nonsense', body].sort())
    expect((await kept()).map(({ voice }) => voice)).toEqual(['everything', 'everything'])
  })

  it('answers 503 when the body cannot be kept, so that it comes again', async () => {
    const webhookArchive = { keep: () => Promise.reject(new Error('no blobs today')) }
    expect((await post(body, signatureOf(body, secret), { webhookArchive })).status).toBe(503)
  })

  it('keeps nothing unless it is asked to', async () => {
    const other = await aWorld({ appSecret: secret })
    const request = aPost(body, signatureOf(body, secret))
    expect((await handleRequest(receiveWebhookEndpoint, request, other.deps)).status).toBe(200)
    expect(await Array.fromAsync(other.deps.blobs.list('webhook-archive', ''))).toEqual([])
    await other.close()
  })
})
