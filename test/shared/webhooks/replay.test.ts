import { randomBytes } from 'node:crypto'
import { CosmosClient, type JSONObject } from '@azure/cosmos'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { receiveWebhookEndpoint } from '../../../functions/webhooks/receive.ts'
import { CONTAINERS } from '../../../shared/azure/resources.ts'
import { queueService } from '../../../shared/azure/storage.ts'
import { readLedger } from '../../../shared/campaigns/counters.ts'
import { handleRequest } from '../../../shared/http/handle.ts'
import { campaignMonth, newCampaignId, recipientMessageId } from '../../../shared/ids.ts'
import { phoneNumberDirectory } from '../../../shared/phone-numbers/directory.ts'
import { phoneNumberStore } from '../../../shared/phone-numbers/store.ts'
import { QUEUE_MESSAGES } from '../../../shared/queue/messages.ts'
import { applyAccountEvents } from '../../../shared/webhooks/apply-account.ts'
import { applyMessages } from '../../../shared/webhooks/apply-messages.ts'
import { applyStatuses } from '../../../shared/webhooks/apply-statuses.ts'
import { replayWebhooks } from '../../../shared/webhooks/replay.ts'
import { aPhoneNumber, aWorkspaceId } from '../../support/builders.ts'
import { aPost, sampleNames, sampleText, signatureOf } from '../../support/webhooks.ts'
import { aWorld, type World } from '../../support/world.ts'

const secret = randomBytes(16).toString('hex')
const workspaceId = aWorkspaceId()
const campaignId = newCampaignId(workspaceId, new Date())
const METADATA_ID = '106540000000001'
let now = new Date()
let world: World
beforeAll(async () => {
  world = await aWorld({ appSecret: secret, env: { WEBHOOK_ARCHIVE: 'on' }, now: () => now })
  const number = aPhoneNumber(workspaceId, { meta_id: METADATA_ID, waba_id: '102290000000001' })
  const directory = phoneNumberDirectory(world.deps.containers)
  await directory.claimNumber(METADATA_ID, { workspaceId, phoneNumberId: number.id, at: number.created_at })
  await phoneNumberStore(world.deps.containers).create(number)
})
afterAll(() => world.close())

const HANDLERS = {
  'webhook-messages': applyMessages,
  'webhook-statuses': applyStatuses,
  'webhook-account': applyAccountEvents,
} as const

/** Applies what the queues hold, and says how many entries that was and when each was received. */
async function drain(): Promise<{ count: number; times: string[] }> {
  let count = 0
  const times: string[] = []
  for (const queue of Object.keys(HANDLERS) as (keyof typeof HANDLERS)[]) {
    const client = queueService(world.config).getQueueClient(queue)
    for (;;) {
      const { receivedMessageItems } = await client.receiveMessages({ numberOfMessages: 32 })
      if (receivedMessageItems.length === 0) break
      for (const { messageId, popReceipt, messageText } of receivedMessageItems) {
        const text = Buffer.from(messageText, 'base64').toString('utf8')
        const entry = QUEUE_MESSAGES[queue].parse(JSON.parse(text))
        times.push(entry.received_at)
        await HANDLERS[queue](world.deps, entry)
        await client.deleteMessage(messageId, popReceipt)
        count++
      }
    }
  }
  return { count, times: times.sort() }
}

/** Everything that is stored: every document as it is, versions included, and the campaign's facts. */
async function everything() {
  const { endpoint, key = '', database } = world.config.cosmos
  const client = new CosmosClient({ endpoint, key }).database(database)
  const documents = await Promise.all(
    Object.keys(CONTAINERS).map(async (name) => {
      const { resources } = await client.container(name).items.readAll<JSONObject>().fetchAll()
      return resources.map((document) => JSON.stringify(document)).sort()
    }),
  )
  const table = await world.deps.factsTable(campaignMonth(campaignId))
  const partition = `${workspaceId}_${campaignId}`
  const rows = await Array.fromAsync(table.query({ partition, from: '', to: '~' }))
  return { documents, rows, counts: (await readLedger(world.deps, workspaceId, campaignId)).counts }
}

function statuses(): string {
  const all = Array.from({ length: 40 }, (_, position) => {
    const data = recipientMessageId({ campaignId, page: 0, position })
    const kinds = ['sent', 'delivered', 'read', 'failed'].slice(0, (position % 4) + 1)
    return kinds.map((status) => ({ id: 'w', status, timestamp: '1790000000', biz_opaque_callback_data: data }))
  })
  const value = { metadata: { phone_number_id: METADATA_ID }, statuses: all.flat() }
  return JSON.stringify({ entry: [{ id: '1', changes: [{ field: 'messages', value }] }] })
}

describe('replaying webhooks', () => {
  it('takes in again what came in that time, and changes nothing that was applied', async () => {
    const bodies = [statuses(), ...sampleNames().map((name) => sampleText(`${name}.json`)), 'not json']
    const from = now
    for (const body of bodies) {
      now = new Date(now.getTime() + 1000)
      const answer = await handleRequest(receiveWebhookEndpoint, aPost(body, signatureOf(body, secret)), world.deps)
      expect(answer.status).toBe(200)
    }
    const entries = await drain()
    expect(entries.count).toBeGreaterThan(20)
    const before = await everything()
    expect(before.counts).toMatchObject({ sent: 40, delivered: 30, read: 20 })
    expect(before.documents.flat().length).toBeGreaterThan(10)
    now = new Date(now.getTime() + 3 * 24 * 3_600_000)
    expect(await replayWebhooks(world.deps, from, now)).toBe(bodies.length)
    expect(await drain()).toEqual(entries)
    expect(await everything()).toEqual(before)
    expect(await replayWebhooks(world.deps, now, new Date(now.getTime() + 1000))).toBe(0)
  })
})
