import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { receiveWebhookEndpoint } from '../../../functions/webhooks/receive.ts'
import { blobService, queueService } from '../../../shared/azure/storage.ts'
import type { QueueName } from '../../../shared/azure/resources.ts'
import type { Deps } from '../../../shared/deps.ts'
import { handleRequest } from '../../../shared/http/handle.ts'
import type { IncomingRequest } from '../../../shared/http/request.ts'
import { QUEUE_MESSAGES } from '../../../shared/queue/messages.ts'
import { loadChanges } from '../../../shared/webhooks/load.ts'
import { webhookIntake } from '../../../shared/webhooks/intake.ts'
import type { Change } from '../../../shared/webhooks/split.ts'
import { aPost, inChunks, sample, sampleNames, sampleText, signatureOf } from '../../support/webhooks.ts'
import { aWorld, type World } from '../../support/world.ts'

const secret = randomBytes(16).toString('hex')
const previous = randomBytes(16).toString('hex')
let world: World
beforeAll(async () => {
  world = await aWorld({ appSecret: secret, env: { META_APP_SECRET_PREVIOUS: previous } })
})
afterAll(() => world.close())

const post = (request: IncomingRequest, deps: Deps = world.deps) => handleRequest(receiveWebhookEndpoint, request, deps)
const postSigned = (body: string | Uint8Array) => post(aPost(body, signatureOf(body, secret)))

/** Takes every message out of a queue: the changes in them. */
async function changesIn(queue: QueueName & `webhook-${string}`): Promise<Change[]> {
  const client = queueService(world.config).getQueueClient(queue)
  const found: Change[] = []
  for (;;) {
    const { receivedMessageItems } = await client.receiveMessages({ numberOfMessages: 32 })
    if (receivedMessageItems.length === 0) return found
    for (const { messageId, popReceipt, messageText } of receivedMessageItems) {
      const message = QUEUE_MESSAGES[queue].parse(JSON.parse(Buffer.from(messageText, 'base64').toString('utf8')))
      found.push(...(await loadChanges(world.deps, message)))
      await client.deleteMessage(messageId, popReceipt)
    }
  }
}

async function parked(): Promise<string[]> {
  const container = blobService(world.config).getContainerClient('webhook-parked')
  const names = []
  for await (const { name } of container.listBlobsFlat()) names.push(name)
  return names
}

/** Storage of which every use fails the test. */
const untouchable = new Proxy(
  {},
  {
    get: () => () => {
      throw new Error('nothing may be stored for an unsigned body')
    },
  },
)

describe('POST /webhook', () => {
  it('logs what it refuses, and nothing of what it takes', async () => {
    const answered = () => world.lines.filter(({ event }) => event === 'http.answered')
    await postSigned('{"object":"whatsapp_business_account","entry":[]}')
    expect(answered()).toEqual([])
    await post(aPost('{}', 'sha256=00'))
    expect(answered()).toMatchObject([{ endpoint: 'webhook-receive', status: 401 }])
  })

  it('keeps every sample body in the queue of its kind and answers 200', async () => {
    const names = sampleNames()
    for (const name of names) {
      const answer = await postSigned(sampleText(`${name}.json`))
      expect(answer).toMatchObject({ status: 200, body: { status: 'ok' } })
    }
    const kept = (
      await Promise.all([changesIn('webhook-messages'), changesIn('webhook-statuses'), changesIn('webhook-account')])
    ).flat()
    const sent = names.flatMap((name) => sample(name).entry.flatMap(({ changes }) => changes))
    expect(kept).toHaveLength(sent.length)
    for (const { field, value } of sent) expect(kept).toContainEqual(expect.objectContaining({ field, value }))
  })

  it('takes the body that the platform’s documentation signs, and the secret of before', async () => {
    const body = sampleText('signature-wire-body.txt')
    expect((await postSigned(body)).status).toBe(200)
    expect((await post(aPost(body, signatureOf(body, previous), 1))).status).toBe(200)
    expect(await changesIn('webhook-messages')).toHaveLength(2)
  })

  it('keeps a body of megabytes', async () => {
    const statuses = Array.from({ length: 1000 }, (_, index) => ({ id: `wamid.${index}`, note: 'x'.repeat(2_500) }))
    const value = { metadata: { phone_number_id: '1' }, statuses }
    const answer = await postSigned(JSON.stringify({ entry: [{ id: '1', changes: [{ field: 'messages', value }] }] }))
    expect(answer.status).toBe(200)
    expect((await changesIn('webhook-statuses')).map((change) => change.value)).toEqual([value])
  })

  const body = sampleText('status-sent.json')
  const good = signatureOf(body, secret)
  it.each([
    ['without a signature', body, null],
    ['with an empty signature', body, ''],
    ['signed with another secret', body, signatureOf(body, 'another secret of somebody')],
    ['changed after it was signed', body.replace('sent', 'read'), good],
    ['cut short', body.slice(0, -1), good],
    ['that is empty', '', good],
    ['signed twice', body, `${good}, ${good}`],
    ['that is no JSON and not signed', '<html>', null],
  ])('refuses a body %s with 401, and neither reads nor stores it', async (_what, text, signature) => {
    const parse = JSON.parse
    const parsed: string[] = []
    JSON.parse = (...parameters: Parameters<typeof parse>) => {
      parsed.push(parameters[0])
      return parse(...parameters) as unknown
    }
    try {
      // No store has another method than those that throw.
      const deps = { ...world.deps, webhookIntake: untouchable, blobs: untouchable, queues: untouchable } as Deps
      const answer = await post(aPost(text, signature), deps)
      expect(answer).toMatchObject({ status: 401, body: { code: 'invalid_signature' } })
    } finally {
      JSON.parse = parse
    }
    // The log's own lines are.
    expect(parsed).not.toContain(text)
  })

  it.each([
    'null',
    '[]',
    '{}',
    '"text"',
    'not json at all',
    '{"entry":[]}',
    '{"entry":"x"}',
    Buffer.from([0xff, 0xfe, 0x00, 0x80]),
    '',
  ])('answers 200 to the signed nonsense %j and parks its bytes', async (nonsense) => {
    const before = await parked()
    expect((await postSigned(nonsense)).status).toBe(200)
    const added = (await parked()).filter((name) => !before.includes(name))
    expect(added).toHaveLength(1)
    expect(added[0]).toMatch(/^\d{4}-\d\d-\d\d\/unreadable\/[0-9a-f]{32}\.json$/)
    expect(await world.deps.blobs.get('webhook-parked', added[0]!)).toEqual(Buffer.from(nonsense))
  })

  it('parks what is nested too deep to be written again', async () => {
    const deep = `{"entry":[{"id":"1","changes":[{"field":"x","value":${'['.repeat(9000)}${']'.repeat(9000)}}]}]}`
    const before = await parked()
    expect((await postSigned(deep)).status).toBe(200)
    const [added] = (await parked()).filter((name) => !before.includes(name))
    expect(await world.deps.blobs.get('webhook-parked', added!)).toEqual(Buffer.from(deep))
  })

  it('parks the same nonsense once', async () => {
    const before = (await parked()).length
    for (let time = 0; time < 3; time++) await postSigned('{"the same":"nonsense"}')
    expect(await parked()).toHaveLength(before + 1)
  })

  it('answers 503 and never 200 while the queue does not take messages', async () => {
    const queues = { send: () => Promise.reject(new Error('the queue is down')) }
    const deps = { ...world.deps, webhookIntake: webhookIntake({ ...world.deps, queues }) }
    const bodies = Array.from({ length: 10 }, (_, index) => body.replace('wamid.', `wamid.${index}`))
    const answers = await Promise.all(bodies.map((text) => post(aPost(text, signatureOf(text, secret)), deps)))
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 503))
    expect(JSON.stringify(answers)).not.toContain('the queue is down')
  })

  it('answers 503 when nonsense cannot be parked', async () => {
    const blobs = { ...world.deps.blobs, put: () => Promise.reject(new Error('no blobs today')) }
    expect((await post(aPost('[]', signatureOf('[]', secret)), { ...world.deps, blobs })).status).toBe(503)
  })

  it('refuses a body beyond 8 MB, declared or not', async () => {
    const large = Buffer.alloc(8 * 1024 * 1024 + 1, 0x20)
    const signature = signatureOf(large, secret)
    expect((await post(aPost(large, signature, 65_536))).status).toBe(413)
    const declared = aPost('{}', signature)
    const headers = new Headers({ 'content-length': String(large.length), 'x-hub-signature-256': signature })
    expect((await post({ ...declared, headers, body: inChunks(large, 65_536) })).status).toBe(413)
  })

  it('logs nothing of what it was told', () => {
    const lines = JSON.stringify(world.lines)
    for (const text of ['15550009876', '15550001234', 'Sample Customer', 'wamid.', secret, previous]) {
      expect(lines).not.toContain(text)
    }
  })
})
