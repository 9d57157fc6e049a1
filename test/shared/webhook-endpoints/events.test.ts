/** What happens in a workspace reaches its endpoints, by whichever way it happens, also after a crash. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { cosmosClient, documentContainer } from '../../../shared/azure/cosmos.ts'
import { cancelCampaign } from '../../../shared/campaigns/cancel.ts'
import { holdBySystem } from '../../../shared/campaigns/hold.ts'
import type { Campaign } from '../../../shared/campaigns/schema.ts'
import { campaignStore } from '../../../shared/campaigns/store.ts'
import { createContact } from '../../../shared/contacts/create.ts'
import { markContacts } from '../../../shared/contacts/mark.ts'
import { updateContact } from '../../../shared/contacts/update.ts'
import type { Deps } from '../../../shared/deps.ts'
import { newCampaignId, newId, newUuid, recipientMessageId } from '../../../shared/ids.ts'
import { phoneNumberDirectory } from '../../../shared/phone-numbers/directory.ts'
import type { PhoneNumber } from '../../../shared/phone-numbers/schema.ts'
import { phoneNumberStore } from '../../../shared/phone-numbers/store.ts'
import type { Template } from '../../../shared/templates/schema.ts'
import { templateStore } from '../../../shared/templates/store.ts'
import { eventSchema } from '../../../shared/webhook-endpoints/event-schemas.ts'
import type { SentEventType } from '../../../shared/webhook-endpoints/events.ts'
import { LISTENING_FRESH_MS } from '../../../shared/webhook-endpoints/publish.ts'
import { updateEndpoint } from '../../../shared/webhook-endpoints/update.ts'
import { watchWrites } from '../../../shared/webhook-endpoints/watch-writes.ts'
import { applyMessages } from '../../../shared/webhooks/apply-messages.ts'
import { applyStatuses } from '../../../shared/webhooks/apply-statuses.ts'
import { endpointWorlds, type EndpointWorld, type EndpointWorlds } from '../../support/endpoint-world.ts'
import { crash, interrupted } from '../../support/tenants.ts'

let worlds: EndpointWorlds
let w: EndpointWorld
beforeAll(async () => {
  worlds = await endpointWorlds()
})
beforeEach(async () => {
  w = await worlds.next()
})
afterAll(() => worlds.close())

interface Told {
  id: string
  type: SentEventType
  workspace_id: string
  data: Record<string, unknown>
}

/** What the endpoint was told once every queue is empty, each event once. */
async function told(): Promise<Told[]> {
  await w.work()
  while (await w.workLater());
  const events = w.receiver.received.map(({ body }) => JSON.parse(body) as Told)
  expect(events.every(({ workspace_id }) => workspace_id === w.workspaceId)).toBe(true)
  expect(w.receiver.received.map(({ headers }) => headers['webhook-id'])).toEqual(events.map(({ id }) => id))
  for (const event of events) expect(eventSchema(event.type).parse(event)).toEqual(event)
  return [...new Map(events.map((event) => [event.id, event])).values()]
}

async function aCampaign(changes: Partial<Campaign> = {}): Promise<Campaign> {
  const at = w.deps.now().toISOString()
  const campaign: Campaign = {
    id: newCampaignId(w.workspaceId, w.deps.now()),
    ...{ workspace_id: w.workspaceId, type: 'campaign', v: 1, name: 'Autumn', phone_number_id: newUuid() },
    ...{ template_id: null, variables: {}, audience: null, scheduled_at: null, status: 'SENDING' },
    ...{ execution_id: newUuid(), in_motion: true, planned_at: null, total: 0, pages: 0, reopen: [] },
    ...{ pause_reason: null, started_at: at, paused_at: null, completed_at: null, cancelled_at: null },
    ...{ created_at: at, updated_at: at, counters: null, failure_reason: null, failed_at: null },
    ...changes,
  }
  await campaignStore(w.deps).create(campaign)
  return campaign
}

/** Deps whose writes to a container are killed at some point: ahead of the write, or behind it and ahead of the event. */
function killed(name: 'core' | 'contacts', when: 'before the write' | 'behind the write'): Deps {
  const { config, queues, log, now, events } = w.deps
  const { database } = config.cosmos
  // As it is stored: that of the deps tells by itself.
  const stored = documentContainer(cosmosClient(config).database(database).container(name))
  const unwatched = { ...w.deps, containers: { ...w.deps.containers, [name]: stored } }
  const interruptedAt = (method: 'replace' | 'batch', deps: Deps) => interrupted(deps, name, method, crash)
  const inner =
    when === 'before the write' ? interruptedAt('replace', interruptedAt('batch', unwatched)).containers[name] : stored
  const watching = { queues, log, now, events: when === 'behind the write' ? { ...events, publish: crash } : events }
  return { ...w.deps, containers: { ...w.deps.containers, [name]: watchWrites(watching, name, inner) } }
}

describe('a campaign', () => {
  it('tells each of its states, whoever brings it there', async () => {
    const { id, execution_id } = await aCampaign()
    await w.work()
    w.moveClock(1000)
    const until = w.deps.now().getTime() + 60_000
    const execution = { workspace_id: w.workspaceId, campaign_id: id, execution_id: execution_id ?? '' }
    await holdBySystem(w.deps, execution, { untilMs: until, reason: 'Meta’s limit' })
    await holdBySystem(w.deps, execution, { untilMs: until + 60_000, reason: 'Meta’s limit' })
    await cancelCampaign(w.deps, w.workspaceId, id)
    const events = await told()
    expect(events.map(({ type }) => type)).toEqual(Array(3).fill('campaign.state_changed'))
    expect(events.map(({ data }) => [data['campaign_id'], data['status'], data['hold_reason']])).toEqual([
      [id, 'SENDING', null],
      [id, 'SENDING', 'Meta’s limit'],
      [id, 'CANCELLED', null],
    ])
  })

  it('tells nothing of a write that changes nothing a receiver is told', async () => {
    const campaign = await aCampaign()
    await told()
    w.receiver.received.splice(0)
    const stored = await campaignStore(w.deps).get(w.workspaceId, campaign.id)
    await campaignStore(w.deps).replace(stored, { ...stored.value, total: 7, updated_at: '2026-06-01T13:00:00.000Z' })
    expect(await told()).toEqual([])
  })

  it('tells after a crash behind the write, once', async () => {
    const { id } = await aCampaign()
    await told()
    w.receiver.received.splice(0)
    await cancelCampaign(killed('core', 'behind the write'), w.workspaceId, id)
    expect((await told()).map(({ data }) => data['status'])).toEqual(['CANCELLED'])
    expect(w.receiver.received).toHaveLength(1)
  })

  it('tells nothing of a write that never landed', async () => {
    const { id } = await aCampaign()
    await told()
    w.receiver.received.splice(0)
    await expect(cancelCampaign(killed('core', 'before the write'), w.workspaceId, id)).rejects.toThrow('killed')
    expect(await told()).toEqual([])
  })

  it('costs a workspace where nobody listens one read, and no queue message', async () => {
    await updateEndpoint(w.deps, w.workspaceId, w.endpoint.id, { events: ['message.received'] })
    await aCampaign()
    expect(w.queued).toEqual([])
  })
})

describe('a contact', () => {
  const phone_number = '+12015550123'

  it('that opts out is told, by whichever way; one that opts in is not', async () => {
    const contact = await createContact(w.deps, w.workspaceId, { phone_number })
    await updateContact(w.deps, w.workspaceId, contact.id, { opted_in: false, source: 'api' })
    await updateContact(w.deps, w.workspaceId, contact.id, { opted_in: true, source: 'api' })
    await markContacts(w.deps, w.workspaceId, [{ contactId: contact.id, code: 131050 }])
    expect((await told()).map(({ type, data }) => [type, data['contact_id'], data['source']])).toEqual([
      ['contact.opted_out', contact.id, 'api'],
      ['contact.opted_out', contact.id, 'meta'],
    ])
  })

  it('is told to have opted out after a crash, and not if that was never stored', async () => {
    const contact = await createContact(w.deps, w.workspaceId, { phone_number })
    const optOut = (deps: Deps) => updateContact(deps, w.workspaceId, contact.id, { opted_in: false, source: 'api' })
    await expect(optOut(killed('contacts', 'before the write'))).rejects.toThrow('killed')
    expect(await told()).toEqual([])
    await optOut(killed('contacts', 'behind the write'))
    expect(await told()).toHaveLength(1)
  })
})

it('changes of templates and numbers are told, and what nobody is told of is not', async () => {
  const at = w.deps.now().toISOString()
  const template: Template = {
    id: newId('template', w.workspaceId),
    ...{ workspace_id: w.workspaceId, type: 'template', v: 1, phone_number_id: newUuid(), waba_id: '1' },
    ...{ name: 'greeting', language: 'en', category: 'MARKETING', status: 'PENDING', status_at: null },
    ...{ rejection_reason: null, meta_template_id: null, components: [], components_sent: [] },
    ...{ created_at: at, updated_at: at },
  }
  const number: PhoneNumber = {
    id: newId('phoneNumber', w.workspaceId),
    ...{ workspace_id: w.workspaceId, type: 'phone_number', v: 1, meta_id: '1', waba_id: '1', display_digits: '1' },
    ...{ display_name: null, verified_name: 'Acme', quality_rating: 'GREEN', tier: 'TIER_1K', message_limit: 1000 },
    ...{ throughput_level: 'STANDARD', is_coexistence: false, meta_status: 'CONNECTED', status: 'active' },
    ...{
      is_subscribed: true,
      access_token: 'a sealed token',
      app_secret: null,
      token_expires_at: null,
      token_refused_at: null,
      trouble: null,
    },
    ...{ synced_at: null, verified_at: null, created_at: at, updated_at: at },
  }
  const [templates, numbers] = [templateStore(w.deps.containers), phoneNumberStore(w.deps.containers)]
  const storedTemplate = await templates.create(template)
  const storedNumber = await numbers.create(number)
  await told()
  w.receiver.received.splice(0)
  const approved = await templates.replace(storedTemplate, { ...template, status: 'APPROVED' })
  await templates.replace(approved, { ...approved.value, heard_at: at })
  const red = await numbers.replace(storedNumber, { ...number, quality_rating: 'RED' })
  await numbers.replace(red, { ...red.value, synced_at: at })
  const events = await told()
  expect(events.map(({ type, data }) => [type, data['status'], data['quality_rating']])).toEqual([
    ['template.changed', 'APPROVED', undefined],
    ['phone_number.changed', 'active', 'RED'],
  ])
  expect(JSON.stringify(w.receiver.received)).not.toContain('a sealed token')
})

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
