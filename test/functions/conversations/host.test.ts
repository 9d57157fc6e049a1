/** The inbox the whole way: a person writes to Meta, a member reads and answers over HTTP, and Meta is asked for what it is. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { PhoneNumber } from '../../../shared/phone-numbers/schema.ts'
import { aHostBehindMeta, type HostBehindMeta } from '../../support/host-behind-meta.ts'
import { aLossyProxy, type LossyProxy } from '../../support/lossy-proxy.ts'
import { aPng } from '../../support/media-samples.ts'
import { A_STRING, aMetaWorld, aTenant, connectNumber, type MetaWorld, type Tenant } from '../../support/tenants.ts'

type Json = Record<string, unknown>

let meta: MetaWorld
let graph: LossyProxy
let acme: Tenant
let number: PhoneNumber
let host: HostBehindMeta
beforeAll(async () => {
  meta = await aMetaWorld()
  acme = await aTenant(meta.world)
  number = await connectNumber(meta, acme.id)
  graph = await aLossyProxy({ port: Number(new URL(meta.simulator.url).port) })
  host = await aHostBehindMeta(meta, { META_GRAPH_URL: `http://127.0.0.1:${graph.port}` })
  const each = { delivered: 1, failed: 0, read: 0, duplicated: 1, reordered: 1, bsuid: 0, usernames: 0 }
  await meta.control('PATCH', 'behaviour', each)
})
afterAll(async () => {
  await host.child.stop()
  await graph.close()
  await meta.close()
})

async function ask(method: string, path: string, json?: unknown): Promise<Json> {
  const answer = await fetch(`${host.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${acme.owner.token}`, 'content-type': 'application/json' },
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
  })
  // All of these answer objects.
  return { http: answer.status, ...((await answer.json()) as Json) }
}

const conversations = () => `/api/workspaces/${acme.id}/conversations`

async function listed(query: string): Promise<Json[]> {
  // A page of conversations.
  return (await ask('GET', `${conversations()}?${query}`))['data'] as Json[]
}

async function messagesOf(id: string): Promise<Json[]> {
  // A page of messages.
  return (await ask('GET', `${conversations()}/${id}/messages`))['data'] as Json[]
}

/** What Meta was asked to do about messages of our number. */
function posted(): Json[] {
  return graph.seen.flatMap((line, index) => {
    if (!line.startsWith('POST ') || !line.includes(`/${number.meta_id}/messages`)) return []
    const body = graph.bodies[index]?.toString('utf8') ?? ''
    return body === '' ? [] : [JSON.parse(body) as Json] // of the Graph client
  })
}

const until = { timeout: 30_000, interval: 200 }
const status = async (id: unknown) => (await ask('GET', `/api/messages/${String(id)}/status`))['status']

/** The conversation that the filter finds, as soon as there is one. */
async function conversationOf(query: string): Promise<Json & { id: string }> {
  await expect.poll(() => listed(query).then(({ length }) => length), until).toBe(1)
  const [found] = await listed(query)
  return { ...found, id: String(found?.['id']) }
}

it('shows who writes, marks as read, fetches a file and answers with a quotation', { timeout: 120_000 }, async () => {
  const from = '15550100042'
  const { id: wamid } = await meta.control('POST', 'inbound', {
    from,
    text: { body: 'A good day to you' },
    name: 'Ada',
  })
  const conversation = await conversationOf('unread=true&search=0042')
  expect(conversation).toMatchObject({
    phone_number_id: number.id,
    contact: { name: 'Ada', phone_number: `+${from}` },
    unread_count: 1,
    is_window_open: true,
    last_message: { direction: 'inbound', text: 'A good day to you' },
  })
  const { id } = conversation
  const [first, ...none] = await messagesOf(id)
  expect(none).toEqual([])
  expect(first).toMatchObject({ wa_message_id: wamid, text: 'A good day to you', status: 'received' })

  expect(await ask('POST', `${conversations()}/${id}/read`)).toMatchObject({ http: 200, unread_count: 0 })
  const receipt = { messaging_product: 'whatsapp', status: 'read', message_id: wamid }
  await expect.poll(() => posted(), until).toContainEqual(receipt)
  expect(await listed('unread=true')).toEqual([])

  const quoting = { type: 'text', text: 'And to you', message_id: first?.['id'] }
  const sent = await ask('POST', `${conversations()}/${id}/messages`, quoting)
  expect(sent).toMatchObject({ http: 201, status: 'queued' })
  await expect.poll(() => status(sent['id']), until).toBe('delivered')
  const answer = { to: `+${from}`, context: { message_id: wamid }, text: { body: 'And to you' } }
  expect(posted().filter(({ type }) => type === 'text')).toEqual([expect.objectContaining(answer)])
  expect((await messagesOf(id))[0]).toMatchObject({ id: sent['id'], answers: { message_id: first?.['id'] } })

  const bytes = aPng().toString('base64')
  await meta.control('POST', 'inbound', { from, type: 'image', bytes, image: { mime_type: 'image/png' } })
  // Meta tells whole seconds: it may stand behind the answer before it.
  const media = async () => (await messagesOf(id)).find(({ type }) => type === 'image')?.['media']
  await expect.poll(media, until).toMatchObject({ state: 'kept', media_id: A_STRING })
  const { media_id } = (await media()) as { media_id: string } // as just seen
  expect(await ask('GET', `/api/media/${media_id}`)).toMatchObject({
    http: 200,
    source: 'inbound',
    file_size: aPng().length,
  })
  const { url: link } = await ask('GET', `/api/media/${media_id}/url`)
  expect(Buffer.from(await (await fetch(String(link))).arrayBuffer()).equals(aPng())).toBe(true)
  for (const word of ['good day', 'And to you', from]) expect(host.lines.join('\n')).not.toContain(word)
})

it('refuses a free answer outside the window, and names the template', { timeout: 60_000 }, async () => {
  const before = posted().length
  await meta.control('POST', 'inbound', { from: '15550100043', timestamp_ms: Date.now() - 25 * 3_600_000 })
  const { id, is_window_open } = await conversationOf('window_open=false&search=0043')
  expect(is_window_open).toBe(false)
  expect(await ask('POST', `${conversations()}/${id}/messages`, { type: 'text', text: 'Late' })).toMatchObject({
    http: 409,
    code: 'outside_service_window',
    hint: expect.stringContaining('Send a template') as string,
  })
  expect(await messagesOf(id)).toHaveLength(1)
  expect(posted()).toHaveLength(before)
})

it('answers who shows no number, by their user id', { timeout: 60_000 }, async () => {
  const userId = 'US.13491208655302741918'
  await meta.control('POST', 'inbound', { user_id: userId, from: userId, name: 'Zoe Withheld' })
  const { id, contact } = await conversationOf('search=Zoe%20Withheld')
  expect(contact).toMatchObject({ phone_number: null })
  const sent = await ask('POST', `${conversations()}/${id}/messages`, { type: 'text', text: 'Hello, Zoe' })
  await expect.poll(() => status(sent['id']), until).toBe('delivered')
  const last = posted().at(-1)
  expect(last).toMatchObject({ recipient: userId, text: { body: 'Hello, Zoe' } })
  expect(last).not.toHaveProperty('to')
})
