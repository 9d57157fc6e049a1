/** What Meta reports about messages reaches the endpoints of their workspace, also after a crash. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { newCampaignId, newId, newUuid, recipientMessageId } from '../../../shared/ids.ts'
import { phoneNumberDirectory } from '../../../shared/phone-numbers/directory.ts'
import { LISTENING_FRESH_MS } from '../../../shared/webhook-endpoints/publish.ts'
import { updateEndpoint } from '../../../shared/webhook-endpoints/update.ts'
import { applyMessages } from '../../../shared/webhooks/apply-messages.ts'
import { applyStatuses } from '../../../shared/webhooks/apply-statuses.ts'
import { endpointWorlds, type EndpointWorld, type EndpointWorlds } from '../../support/endpoint-world.ts'
import { crash, interrupted } from '../../support/tenants.ts'
import { toldTo } from './told.ts'

let worlds: EndpointWorlds
let w: EndpointWorld
beforeAll(async () => {
  worlds = await endpointWorlds()
})
beforeEach(async () => {
  w = await worlds.next()
})
afterAll(() => worlds.close())

const told = () => toldTo(w)

async function anOwnedNumber(): Promise<string> {
  const metaId = String(Math.floor(Math.random() * 1e15))
  const claim = { workspaceId: w.workspaceId, phoneNumberId: newUuid(), at: w.deps.now().toISOString() }
  await phoneNumberDirectory(w.deps.containers).claimNumber(metaId, claim)
  return metaId
}

describe('statuses', () => {
  const seconds = Date.UTC(2026, 5, 1, 12) / 1000

  function statuses(metaId: string, campaignId: string, count: number) {
    const items = Array.from({ length: count }, (_, index) => ({
      id: `wamid.${index}`,
      status: 'delivered',
      timestamp: String(seconds + index),
      pricing: { billable: true, pricing_model: 'PMP', type: 'regular', category: 'marketing' },
      biz_opaque_callback_data: recipientMessageId({
        campaignId,
        page: Math.floor(index / 128),
        position: index % 128,
      }),
    }))
    const value = { metadata: { phone_number_id: metaId }, statuses: items }
    return {
      received_at: w.deps.now().toISOString(),
      changes: [{ entry_id: '1', entry_time: null, field: 'messages', value }],
    }
  }

  it('are told together, a hundred at a time, and applying them again repeats no event', async () => {
    const campaignId = newCampaignId(w.workspaceId, w.deps.now())
    const message = statuses(await anOwnedNumber(), campaignId, 250)
    await applyStatuses(w.deps, message)
    await applyStatuses(w.deps, message)
    const events = await told()
    expect(events.map(({ type }) => type)).toEqual(Array(3).fill('message.status'))
    const changes = events.flatMap(({ data }) => data['changes'] as Record<string, unknown>[])
    expect(events.map(({ data }) => (data['changes'] as unknown[]).length).sort()).toEqual([100, 100, 50])
    expect(new Set(changes.map(({ message_id }) => message_id)).size).toBe(250)
    expect(changes.find(({ at }) => at === new Date(seconds * 1000).toISOString())).toEqual({
      message_id: recipientMessageId({ campaignId, page: 0, position: 0 }),
      campaign_id: campaignId,
      status: 'delivered',
      at: '2026-06-01T12:00:00.000Z',
      error: null,
      price: { category: 'marketing', type: 'regular' },
    })
    expect(w.receiver.received).toHaveLength(3)
  })

  it('that a crash kept from being told are told with the next run', async () => {
    const message = statuses(await anOwnedNumber(), newCampaignId(w.workspaceId, w.deps.now()), 3)
    const events = { ...w.deps.events, publish: crash }
    await expect(applyStatuses({ ...w.deps, events }, message)).rejects.toThrow('killed')
    await applyStatuses(w.deps, message)
    expect(await told()).toHaveLength(1)
  })

  it('of messages that do not exist are not told', async () => {
    const metaId = await anOwnedNumber()
    const id = newId('other', w.workspaceId)
    const message = statuses(metaId, newCampaignId(w.workspaceId, w.deps.now()), 1)
    const [change] = message.changes
    change!.value.statuses[0]!.biz_opaque_callback_data = `${id.slice(0, 11)}07${id.slice(13)}`
    await applyStatuses(w.deps, message)
    expect(await told()).toEqual([])
  })

  it('cost nothing but a read in a while where nobody listens', async () => {
    await updateEndpoint(w.deps, w.workspaceId, w.endpoint.id, { enabled: false })
    w.moveClock(LISTENING_FRESH_MS)
    let reads = 0
    const message = statuses(await anOwnedNumber(), newCampaignId(w.workspaceId, w.deps.now()), 5)
    const counting = interrupted(w.deps, 'core', 'read', () => {
      reads++
    })
    const { eventPublisher } = await import('../../../shared/webhook-endpoints/publish.ts')
    const deps = { ...w.deps, events: eventPublisher(counting) }
    for (let count = 0; count < 20; count++) await applyStatuses(deps, message)
    expect(reads).toBe(1)
    w.moveClock(LISTENING_FRESH_MS)
    await applyStatuses(deps, message)
    expect(reads).toBe(2)
    expect(w.queued).toEqual([])
  })
})

describe('a message from a person', () => {
  const from = '15550100001'
  const item = (changes: object = {}) => {
    const at = String(Date.UTC(2026, 5, 1, 11, 59) / 1000)
    return { from, id: `wamid.${newUuid()}`, timestamp: at, type: 'text', text: { body: 'Hello' }, ...changes }
  }
  function entry(metaId: string, ...messages: object[]) {
    const value = { metadata: { phone_number_id: metaId }, contacts: [{ wa_id: from }], messages }
    const changes = [{ entry_id: '1', entry_time: null, field: 'messages', value }]
    return { received_at: w.deps.now().toISOString(), changes }
  }

  it('is told once, whatever Meta repeats', async () => {
    const hello = item()
    const message = entry(await anOwnedNumber(), hello)
    await applyMessages(w.deps, message)
    await applyMessages(w.deps, message)
    expect(await told()).toMatchObject([
      {
        type: 'message.received',
        timestamp: '2026-06-01T11:59:00.000Z',
        data: { wa_message_id: hello.id, message: hello, sender: { wa_id: from } },
      },
    ])
    expect(w.receiver.received).toHaveLength(1)
  })

  it('is told with the next run, where a crash came between store and event', async () => {
    const message = entry(await anOwnedNumber(), item())
    const events = { ...w.deps.events, publish: crash }
    await expect(applyMessages({ ...w.deps, events }, message)).rejects.toThrow('1 message event(s) failed')
    await applyMessages(w.deps, message)
    expect(await told()).toHaveLength(1)
  })
})
