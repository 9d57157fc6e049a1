/** What happens in a workspace reaches its endpoints, by whichever way it happens, also after a crash. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { cosmosClient, documentContainer } from '../../../shared/azure/cosmos.ts'
import { cancelCampaign } from '../../../shared/campaigns/cancel.ts'
import { holdBySystem } from '../../../shared/campaigns/hold.ts'
import type { Campaign } from '../../../shared/campaigns/schema.ts'
import { campaignStore } from '../../../shared/campaigns/store.ts'
import { createContact } from '../../../shared/contacts/create.ts'
import { markContacts } from '../../../shared/contacts/mark.ts'
import { recordConsent } from '../../../shared/contacts/record-consent.ts'
import { updateContact } from '../../../shared/contacts/update.ts'
import type { Deps } from '../../../shared/deps.ts'
import { newCampaignId, newId, newUuid } from '../../../shared/ids.ts'
import type { PhoneNumber } from '../../../shared/phone-numbers/schema.ts'
import { phoneNumberStore } from '../../../shared/phone-numbers/store.ts'
import type { Template } from '../../../shared/templates/schema.ts'
import { templateStore } from '../../../shared/templates/store.ts'
import { updateEndpoint } from '../../../shared/webhook-endpoints/update.ts'
import { watchWrites } from '../../../shared/webhook-endpoints/watch-writes.ts'
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

  it('tells its later state alone, where a crash came between two changes within half a minute', async () => {
    const { id, execution_id } = await aCampaign()
    await told()
    w.receiver.received.splice(0)
    const execution = { workspace_id: w.workspaceId, campaign_id: id, execution_id: execution_id ?? '' }
    const until = w.deps.now().getTime() + 60_000
    await holdBySystem(killed('core', 'behind the write'), execution, { untilMs: until, reason: 'Meta’s limit' })
    await cancelCampaign(w.deps, w.workspaceId, id)
    expect((await told()).map(({ data }) => data['status'])).toEqual(['CANCELLED'])
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

  it('is not told to have opted out where a later yes is known already', async () => {
    const { id } = await createContact(w.deps, w.workspaceId, { phone_number })
    const says = (kind: 'opt_in' | 'opt_out', minute: number) =>
      recordConsent(w.deps, w.workspaceId, id, {
        kind,
        at: new Date(w.deps.now().getTime() + minute * 60_000).toISOString(),
        source: 'inbound',
        key: `${kind} ${minute}`,
      })
    await says('opt_out', 1)
    await says('opt_in', 3)
    await says('opt_out', 2)
    expect((await told()).map(({ type }) => type)).toEqual(['contact.opted_out'])
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
  const trouble = { kind: 'warning' as const, reason: 'Meta’s alert', since: at }
  const warned = await numbers.replace(red, { ...red.value, trouble })
  await numbers.replace(warned, { ...warned.value, synced_at: at })
  const events = await told()
  expect(events.map(({ type, data }) => [type, data['status'], data['quality_rating']])).toEqual([
    ['template.changed', 'APPROVED', undefined],
    ['phone_number.changed', 'active', 'RED'],
    ['phone_number.changed', 'active', 'RED'],
  ])
  expect(JSON.stringify(w.receiver.received)).not.toContain('a sealed token')
})
