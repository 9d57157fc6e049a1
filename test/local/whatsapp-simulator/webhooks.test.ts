/** The transport of webhooks: handshake, signature over the bytes, batches, retries, bounds, order. */
import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { signatureOf, wireBody } from '../../../local/whatsapp-simulator/wire.ts'
import type { Reply } from './reply.ts'
import { aReceiver, aSimulator, aTemplate, app, until } from './world.ts'

const fixtures = join(import.meta.dirname, '../../fixtures/webhooks')
const to = (index: number): string => `+1555${1_000_000 + index}`

describe('the bytes on the wire', () => {
  it('are those of the reference vector: compact, escaped, signed as they are', () => {
    const wire = readFileSync(join(fixtures, 'signature-wire-body.txt'), 'utf8')
    const vector = JSON.parse(readFileSync(join(fixtures, 'signature-example.json'), 'utf8')) as Record<string, string>
    expect(wireBody(JSON.parse(wire))).toBe(wire)
    expect(signatureOf(vector['app_secret']!, wire)).toBe(vector['header_value'])
  })

  it('carry a signature that fits exactly what arrived, not what it parses to', async () => {
    const simulator = await aSimulator()
    await simulator.control('POST', 'inbound', {
      from: '15550009876',
      name: 'Zoë',
      text: { body: 'Olá 👍 https://e.com/a' },
    })
    await simulator.quiet()
    const [post] = simulator.receiver.posts
    const hmac = (text: string) => `sha256=${createHmac('sha256', app.appSecret).update(text).digest('hex')}`
    expect(post?.headers['x-hub-signature-256']).toBe(hmac(post!.raw))
    expect(post?.headers['x-hub-signature-256']).not.toBe(hmac(JSON.stringify(post!.body)))
    expect(post?.headers['content-type']).toBe('application/json')
    expect(post?.raw).toContain(String.raw`Ol\u00e1 \ud83d\udc4d https:\/\/e.com\/a`)
    expect(post?.raw).toMatch(/^[\x20-\x7e]*$/)
    expect(simulator.changes()[0]!.value.messages[0].text.body).toBe('Olá 👍 https://e.com/a')
  })
})

describe('the handshake', () => {
  it('is made in the background and repeated until the receiver answers with the challenge', async () => {
    const simulator = await aSimulator()
    const state = async () => (await simulator.control('GET', 'state')).handshake
    await until(async () => (await state()) === 'verified', 'the handshake')
    await simulator.control('POST', 'webhooks/url', { url: 'http://127.0.0.1:9/' })
    await until(async () => (await state()).startsWith('not verified'), 'the failed handshake')
    simulator.setWebhookUrl(simulator.receiver.url)
    await until(async () => (await state()) === 'verified', 'the second handshake')
  })
})

describe('a batch', () => {
  it('holds what is due together, up to the maximum', async () => {
    const simulator = await aSimulator({ throughput: 'HIGH', behaviour: { batch_max: 10 } })
    await aTemplate(simulator)
    await simulator.control('POST', 'webhooks/hold')
    for (let index = 0; index < 25; index += 1) await simulator.sendTemplate(to(index))
    await until(async () => (await simulator.control('GET', 'webhooks')).pending === 75, 'all to be planned')
    await simulator.control('POST', 'clock', { advance_ms: 1000 })
    await simulator.control('POST', 'webhooks/release')
    await simulator.quiet()
    const sizes = simulator.receiver.posts.map(
      ({ body }) =>
        body.entry.flatMap((entry: Reply) => entry.changes.flatMap((change: Reply) => change.value.statuses)).length,
    )
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(75)
    expect(Math.max(...sizes)).toBe(10)
  })

  it('joins several accounts and kinds in one body, each entry with its own', async () => {
    const simulator = await aSimulator()
    const { waba_id: waba } = await simulator.control('POST', 'wabas', {})
    const { phone_number_id: phone } = await simulator.control('POST', 'phone-numbers', { waba_id: waba })
    await simulator.control('POST', 'webhooks/hold')
    await simulator.control('POST', 'inbound', { from: '15550009876' })
    await simulator.control('POST', 'inbound', { phone_number_id: phone, from: '15550009876' })
    await simulator.control('PATCH', `phone-numbers/${phone}`, { throughput: 'HIGH' })
    await simulator.control('POST', 'webhooks/release')
    await simulator.quiet()
    const entries = simulator.receiver.posts.flatMap(({ body }) => body.entry)
    expect(entries.map((entry) => [entry.id, 'time' in entry, entry.changes[0].field])).toEqual([
      [simulator.wabaId, false, 'messages'],
      [waba, false, 'messages'],
      [waba, true, 'phone_number_quality_update'],
    ])
  })
})

describe('an answer that is not 200', () => {
  it('is tried again with the same bytes, later and later', async () => {
    const simulator = await aSimulator({ behaviour: { retry_first_ms: 20 } })
    simulator.receiver.answers.push(500, 404, 301, 202)
    await simulator.control('POST', 'inbound', { from: '15550009876' })
    await simulator.quiet()
    const { posts } = simulator.receiver
    expect(posts).toHaveLength(5)
    expect(new Set(posts.map(({ raw }) => raw)).size).toBe(1)
    const waits = posts.slice(1).map(({ at }, index) => at - posts[index]!.at)
    for (const [index, wait] of waits.entries()) expect(wait).toBeGreaterThanOrEqual(20 * 2 ** index - 2)
    expect(await simulator.control('GET', 'webhooks')).toMatchObject({
      delivered_posts: 1,
      failed_attempts: { '500': 1, '404': 1, '301': 1, '202': 1 },
    })
  })

  it('includes none at all: silence, or nobody listening', async () => {
    const simulator = await aSimulator({ behaviour: { retry_first_ms: 5, webhook_timeout_ms: 50 } })
    simulator.receiver.answers.push('hang')
    await simulator.control('POST', 'inbound', { from: '15550009876' })
    await simulator.quiet()
    expect(simulator.receiver.posts).toHaveLength(2)
    const later = await aReceiver()
    simulator.setWebhookUrl('http://127.0.0.1:9/')
    await simulator.control('POST', 'inbound', { from: '15550009876' })
    await until(
      async () => (await simulator.control('GET', 'webhooks')).failed_attempts.ECONNREFUSED > 0,
      'a refused connection',
    )
    simulator.setWebhookUrl(later.url)
    await simulator.quiet()
    expect(later.posts).toHaveLength(1)
  })

  it('is given up after seven days', async () => {
    const simulator = await aSimulator({ behaviour: { retry_first_ms: 5, retry_max_ms: 5 } })
    simulator.setWebhookUrl('http://127.0.0.1:9/')
    await simulator.control('POST', 'inbound', { from: '15550009876' })
    await until(
      async () => Object.keys((await simulator.control('GET', 'webhooks')).failed_attempts).length > 0,
      'a failure',
    )
    await simulator.control('POST', 'clock', { advance_ms: 7 * 24 * 3600 * 1000 + 1000 })
    await simulator.quiet()
    expect(await simulator.control('GET', 'webhooks')).toMatchObject({ given_up_updates: 1, delivered_updates: 0 })
  })
})

describe('POSTs in flight', () => {
  it('are bounded', async () => {
    const simulator = await aSimulator({ throughput: 'HIGH', behaviour: { batch_max: 1, webhook_concurrency: 4 } })
    simulator.receiver.delayMs = 3
    await aTemplate(simulator)
    for (let index = 0; index < 20; index += 1) await simulator.sendTemplate(to(index))
    await simulator.quiet()
    expect(simulator.statuses()).toHaveLength(60)
    expect(simulator.receiver.peak).toBeLessThanOrEqual(4)
    expect(simulator.receiver.peak).toBeGreaterThan(1)
  })
})

describe('noise', () => {
  const sendMany = async (behaviour: object) => {
    const simulator = await aSimulator({
      throughput: 'HIGH',
      behaviour: { batch_max: 1, webhook_concurrency: 1, ...behaviour },
    })
    await aTemplate(simulator)
    for (let index = 0; index < 40; index += 1) await simulator.sendTemplate(to(index))
    await simulator.quiet()
    const byId = new Map<string, Reply[]>()
    for (const status of simulator.statuses()) byId.set(status.id, [...(byId.get(status.id) ?? []), status])
    return { simulator, all: [...byId.values()] }
  }

  it('sends some statuses twice', async () => {
    const { all } = await sendMany({ duplicated: 0.5, duplicate_within_ms: [0, 2] })
    const doubled = all.filter((statuses) => statuses.length > new Set(statuses.map(({ status }) => status)).size)
    expect(doubled.length).toBeGreaterThan(8)
    expect(doubled.length).toBeLessThan(32)
  })

  it('leaves `delivered` out before some `read`, which then carries the price', async () => {
    const { all } = await sendMany({ read_without_delivered: 1 })
    for (const statuses of all) {
      expect(statuses.map(({ status }) => status)).toEqual(['sent', 'read'])
      expect(statuses[1]!.pricing).toMatchObject({ category: 'marketing' })
    }
  })

  it('sends some in another order than their timestamps', async () => {
    const latency = { sent: [0, 0], delivered: [5, 5], read: [5, 5], answer: [0, 0] } as const
    const { all } = await sendMany({ reordered: 1, latency_ms: latency })
    for (const statuses of all) {
      expect(statuses.map(({ status }) => status)).toEqual(['read', 'delivered', 'sent'])
      expect(Number(statuses[0]!.timestamp)).toBeGreaterThanOrEqual(Number(statuses[2]!.timestamp))
    }
  })

  it('adds unknown fields and leaves profiles out', async () => {
    const { simulator } = await sendMany({ unknown_fields: 1, missing_profiles: 1, bsuid: 1 })
    for (const status of simulator.statuses()) expect(status).toHaveProperty('delivery_hint')
    for (const { value } of simulator.changes()) expect(value.contacts[0]).not.toHaveProperty('profile')
    await simulator.control('POST', 'inbound', { from: '15550009876' })
    await simulator.quiet()
    expect(simulator.changes().at(-1)!.value.messages[0]).toHaveProperty('x_origin_hint')
  })

  it('writes from users who hide their phone number', async () => {
    const simulator = await aSimulator({ behaviour: { bsuid: 1, hidden_phones: 1 } })
    await simulator.control('POST', 'inbound', { from: '15550009876' })
    await simulator.quiet()
    const { contacts, messages } = simulator.changes()[0]!.value
    expect(contacts[0]).not.toHaveProperty('wa_id')
    expect(messages[0]).not.toHaveProperty('from')
    expect(messages[0].from_user_id).toBe(contacts[0].user_id)
    expect(contacts[0].user_id).toMatch(/^US\.\d+$/)
  })
})

describe('callback data', () => {
  it('comes back in every status of its message, and only there', async () => {
    const simulator = await aSimulator()
    await aTemplate(simulator)
    await simulator.sendTemplate(to(1), { biz_opaque_callback_data: 'campaign=42;recipient=1001' })
    await simulator.sendTemplate(to(2))
    await simulator.quiet()
    const data = simulator.statuses().map((status) => [status.recipient_id, status.biz_opaque_callback_data])
    expect(data.filter(([recipient]) => recipient === '15551000001')).toEqual(
      Array(3).fill(['15551000001', 'campaign=42;recipient=1001']),
    )
    expect(data.filter(([recipient]) => recipient === '15551000002').map(([, value]) => value)).toEqual([
      undefined,
      undefined,
      undefined,
    ])
  })
})

describe('POST /_simulator/webhooks/send', () => {
  it('signs and sends any body, and gives the answer back', async () => {
    const simulator = await aSimulator()
    const body = JSON.parse(readFileSync(join(fixtures, 'message-text.json'), 'utf8')) as object
    simulator.receiver.answers.push(503)
    expect(await simulator.control('POST', 'webhooks/send', { body })).toEqual({ status: 503, text: '' })
    const [post] = simulator.receiver.posts
    expect(post?.body).toEqual(body)
    expect(post?.headers['x-hub-signature-256']).toBe(signatureOf(app.appSecret, post!.raw))
  })

  it('sends raw text, a wrong signature or none', async () => {
    const simulator = await aSimulator()
    await simulator.control('POST', 'webhooks/send', { raw: '{"not":json', signature: 'sha256=00' })
    await simulator.control('POST', 'webhooks/send', { raw: '{}', signature: null })
    expect(simulator.receiver.posts.map(({ raw, headers }) => [raw, headers['x-hub-signature-256']])).toEqual([
      ['{"not":json', 'sha256=00'],
      ['{}', undefined],
    ])
  })
})
