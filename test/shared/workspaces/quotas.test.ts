/** A workspace is held to its plan: each quota with its error, its count, and many who come at once. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { workspaceUsageEndpoint } from '../../../functions/workspaces/usage.ts'
import { addMembership } from '../../../shared/accounts/memberships.ts'
import { monthlyTables } from '../../../shared/azure/monthly-tables.ts'
import { createCampaign } from '../../../shared/campaigns/create.ts'
import { executeCampaign } from '../../../shared/campaigns/execute.ts'
import { pauseCampaign } from '../../../shared/campaigns/pause.ts'
import { startDueCampaigns } from '../../../shared/campaigns/start-due.ts'
import { campaignStore } from '../../../shared/campaigns/store.ts'
import { contactCounts } from '../../../shared/contacts/counts.ts'
import { createContact } from '../../../shared/contacts/create.ts'
import { deleteContact } from '../../../shared/contacts/delete.ts'
import { importContacts } from '../../../shared/contacts/import-contacts.ts'
import type { Deps } from '../../../shared/deps.ts'
import { WorkspaceId, newUuid } from '../../../shared/ids.ts'
import { queueTemplate } from '../../../shared/messages/queue-template.ts'
import { countPhoneNumbers } from '../../../shared/phone-numbers/find.ts'
import { createPhoneNumber } from '../../../shared/phone-numbers/create.ts'
import { addMember } from '../../../shared/workspaces/members/add.ts'
import { messageCounts, type MessageCounts } from '../../../shared/workspaces/message-counts.ts'
import { PLANS } from '../../../shared/workspaces/plans.ts'
import type { WorkspacePlan } from '../../../shared/workspaces/schema.ts'
import { workspaceStore } from '../../../shared/workspaces/store.ts'
import { aCampaignWorld, addContacts, type CampaignWorld } from '../../support/campaign-world.ts'
import { callEndpoint } from '../../support/http.ts'
import { anEmail, aPerson, interrupted } from '../../support/tenants.ts'
import { aStoredWorkspace } from '../../support/workspaces.ts'

const MONTH = PLANS.free.messages_per_month ?? 0

let w: CampaignWorld
let deps: Deps

beforeAll(async () => {
  w = await aCampaignWorld({ contacts: 10 })
  deps = w.deps
  await aStoredWorkspace(deps, w.workspaceId)
})
afterAll(() => w.close())

const id = (): WorkspaceId => w.workspaceId
/** Of the contact that is there already. */
const idIn = (error: unknown): string => (error as { details: { contact_id: string } }).details.contact_id
const reached = (quota: string, more: Record<string, unknown> = {}) => ({
  code: 'plan_limit_reached',
  status: 403,
  details: expect.objectContaining({ quota, hint: expect.any(String) as string, ...more }) as unknown,
})

async function setPlan(plan: WorkspacePlan): Promise<void> {
  const store = workspaceStore(deps.containers)
  const stored = await store.get(id())
  await store.replace(stored, { ...stored.value, plan })
}

/** Of the campaign’s workspace, this month. */
async function setMessages(count: number): Promise<void> {
  await deps.messageCounts.add(id(), count - (await deps.messageCounts.of(id())), null)
}

describe('contacts', () => {
  const file = (from: number, rows: number) => {
    const lines = Array.from({ length: rows }, (_, index) => `+1555${2_000_000 + from + index}`)
    return { name: 'a.csv', bytes: Buffer.from(['phone_number', ...lines].join('\n')) }
  }

  it('are created and imported until the plan is full, and no further', async () => {
    const limit = PLANS.free.contacts ?? 0
    await addContacts(deps, id(), { from: 100, count: limit - 10 - 3 })
    await createContact(deps, id(), { phone_number: '+15553000001' })
    const imported = await importContacts(deps, id(), file(0, 4))
    expect(imported).toMatchObject({ imported: 2, failed: 2 })
    expect(imported.results.filter(({ status }) => status === 'failed')[0]?.reason).toContain('no room')
    await expect(createContact(deps, id(), { phone_number: '+15553000002' })).rejects.toMatchObject(
      reached('contacts', { limit, used: limit, wanted: 1 }),
    )
    // What is there already is told as such, and still brought up to date.
    const existing = createContact(deps, id(), { phone_number: '+15553000001' })
    await expect(existing).rejects.toMatchObject({ code: 'contact_exists' })
    expect(await importContacts(deps, id(), file(0, 2))).toMatchObject({ updated: 2, failed: 0 })
  })

  it('can be created again after others were deleted, or with another plan', async () => {
    const gone = await addedContact('+15552000000')
    await deleteContact(deps, id(), gone)
    const back = await createContact(deps, id(), { phone_number: '+15553000002' })
    expect(back.phone_number).toBe('+15553000002')
    // A deleted one that comes back needs room as well.
    const restoring = createContact(deps, id(), { phone_number: '+15552000000' })
    await expect(restoring).rejects.toMatchObject(reached('contacts'))
    await setPlan('pro')
    expect((await createContact(deps, id(), { phone_number: '+15552000000' })).id).toBe(gone)
    await setPlan('free')
  })

  async function addedContact(phone_number: string): Promise<string> {
    const refused = await createContact(deps, id(), { phone_number }).catch((error: unknown) => error)
    return idIn(refused)
  }

  it('are not counted for every one of them while there is room', async () => {
    let queries = 0
    const contacts = { ...deps.containers.contacts }
    contacts.query = (query, parse) => {
      queries++
      return deps.containers.contacts.query(query, parse)
    }
    let clock = Date.now()
    const containers = { ...deps.containers, contacts }
    const counts = contactCounts({ containers, now: () => new Date(clock) })
    const workspace = WorkspaceId.parse(newUuid())
    for (let turn = 0; turn < 90; turn++) expect(await counts.room(workspace, 100, 1)).toBe(1)
    expect(queries).toBe(1)
    clock += 60_000
    expect(await counts.room(workspace, 100, 300)).toBe(100)
    expect(queries).toBe(2)
  })
})

describe('messages of a month', () => {
  const template = (to = '+15550100001') =>
    queueTemplate(deps, id(), {
      phone_number_id: w.phoneNumberId,
      to,
      template_name: 'autumn_greeting',
      template_language: 'en',
      components: { body: ['Ada'] },
    })

  async function aCampaign(count: number): Promise<string> {
    const input = { workspace_id: id(), phone_number_id: w.phoneNumberId, template_id: w.templateId, name: 'Own' }
    const ids = Array.from({ length: count }, (_, index) => `+1555${1_000_000 + index}`)
    const found = await Promise.all(ids.map((phone_number) => createContact(deps, id(), { phone_number }).catch(idIn)))
    const audience = { contact_ids: found.map(String) }
    const variables = { 'body.1': { value: 'you' } }
    return (await createCampaign(deps, id(), { ...input, audience, variables })).id
  }

  it('count each message once it is accepted, and none that is refused', async () => {
    await setMessages(MONTH - 2)
    await template()
    await expect(template('no number')).rejects.toMatchObject({ code: 'validation_failed' })
    const broken = { ...deps, queues: { send: () => Promise.reject(new Error('no queue')) } }
    await expect(
      queueTemplate(broken, id(), {
        ...{ phone_number_id: w.phoneNumberId, to: '+15550100001', template_name: 'autumn_greeting' },
        ...{ template_language: 'en', components: { body: ['Ada'] } },
      }),
    ).rejects.toThrow('no queue')
    expect(await deps.messageCounts.of(id())).toBe(MONTH - 1)
    await template()
    await expect(template()).rejects.toMatchObject(
      reached('messages_per_month', { limit: MONTH, used: MONTH, wanted: 1 }),
    )
  })

  it('take in a campaign with its whole audience when it starts, once', async () => {
    const campaign = await aCampaign(10)
    await setMessages(MONTH - 9)
    await expect(executeCampaign(deps, id(), campaign)).rejects.toMatchObject(
      reached('messages_per_month', { used: MONTH - 9, wanted: 10 }),
    )
    expect((await campaignStore(deps).get(id(), campaign)).value.status).toBe('DRAFT')
    await setMessages(MONTH - 10)
    await executeCampaign(deps, id(), campaign)
    await pauseCampaign(deps, id(), campaign)
    await executeCampaign(deps, id(), campaign)
    expect(await deps.messageCounts.of(id())).toBe(MONTH)
    await pauseCampaign(deps, id(), campaign)
  })

  it('keep a scheduled campaign back with the reason', async () => {
    const input = { workspace_id: id(), phone_number_id: w.phoneNumberId, template_id: w.templateId, name: 'Own' }
    const variables = { 'body.1': { value: 'you' } }
    const scheduled_at = new Date(Date.now() + 60_000).toISOString()
    await setMessages(MONTH)
    const campaign = await createCampaign(deps, id(), { ...input, variables, scheduled_at })
    const later = { ...deps, now: () => new Date(Date.now() + 120_000) }
    expect(await startDueCampaigns(later)).toBe(0)
    const { value } = await campaignStore(deps).get(id(), campaign.id)
    expect(value).toMatchObject({ status: 'SCHEDULED', paused_at: expect.any(String) as string })
    expect(value.pause_reason).toContain('5,000 messages a month')
  })

  it('are counted exactly by many at once in several instances, to the very last', async () => {
    const tables = () => monthlyTables(w.world.config, 'usage')
    const counters = [1, 2].map(() => messageCounts({ tables: tables(), now: () => new Date() }))
    const workspace = WorkspaceId.parse(newUuid())
    const adding = Array.from({ length: 200 }, (_, index) =>
      (counters[index % 2] as MessageCounts).add(workspace, 1, 150),
    )
    const added = await Promise.all(adding)
    expect(added.filter(({ isAdded }) => isAdded)).toHaveLength(150)
    expect(await counters[0]?.of(workspace)).toBe(150)
    await counters[0]?.add(workspace, -500, null)
    expect(await counters[1]?.of(workspace)).toBe(0)
  })

  it('begin anew with the month', async () => {
    let clock = new Date('2026-03-31T23:59:59Z')
    const counter = messageCounts({ tables: monthlyTables(w.world.config, 'usage'), now: () => clock })
    expect(await counter.add(id(), 10, 10)).toEqual({ isAdded: true, total: 10 })
    expect(await counter.add(id(), 1, 10)).toEqual({ isAdded: false, total: 10 })
    clock = new Date('2026-04-01T00:00:00Z')
    expect(await counter.add(id(), 1, 10)).toEqual({ isAdded: true, total: 1 })
  })
})

describe('members and numbers', () => {
  it('are added until the plan is full, however many ask at once', async () => {
    const actor = { userId: newUuid(), role: 'OWNER' as const }
    const adding = Array.from({ length: PLANS.free.members + 3 }, () =>
      addMember(deps, id(), actor, { email: anEmail(), role: 'MEMBER' }),
    )
    const settled = await Promise.allSettled(adding)
    // The one who made the workspace is a member.
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(PLANS.free.members - 1)
    const next = addMember(deps, id(), actor, { email: anEmail(), role: 'MEMBER' })
    await expect(next).rejects.toMatchObject(reached('members', { limit: 10, used: 10, wanted: 1 }))
  })

  it('are connected until the plan is full, however many ask at once', async () => {
    const { accessToken } = w.simulator
    const make = () => w.simulator.control('POST', 'phone-numbers', {}) as Promise<{ phone_number_id: string }>
    const made = await Promise.all(Array.from({ length: 20 }, make))
    // None is written before all have found the last place free.
    const allAreHere = Promise.withResolvers<undefined>()
    let here = 0
    const meeting = interrupted(deps, 'core', 'batch', async () => {
      if (++here === made.length) allAreHere.resolve(undefined)
      await allAreHere.promise
    })
    const settled = await Promise.allSettled(
      made.map(({ phone_number_id: metaId }) =>
        createPhoneNumber(meeting, id(), { metaId, accessToken, displayName: null, wabaId: null }),
      ),
    )
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const refused = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []))
    const full = reached('phone_numbers', { limit: 2, used: 2, wanted: 1 })
    for (const reason of refused) expect(reason).toMatchObject(full)
    expect(await countPhoneNumbers(deps, id())).toBe(2)
  })

  it('are told with everything else that is used', async () => {
    await setMessages(7)
    const { token, userId } = await aPerson({ ...w.world, deps })
    const at = deps.now().toISOString()
    await addMembership(deps, userId, { workspace_id: id(), role: 'MEMBER', status: 'active', joined_at: at })
    const answer = await callEndpoint({ ...w.world, deps }, workspaceUsageEndpoint, {
      token,
      params: { workspace_id: id() },
    })
    expect(answer.status).toBe(200)
    expect(answer.body).toEqual({
      plan: 'free',
      // More than the plan has: one came back under another plan, and who is sent to becomes a contact.
      contacts: { used: 5_002, limit: 5_000 },
      messages_per_month: { used: 7, limit: 5_000 },
      month_ends_at: expect.stringMatching(/-01T00:00:00\.000Z$/) as string,
      members: { used: 10, limit: 10 },
      phone_numbers: { used: 2, limit: 2 },
      rate_limits: { workspace: { requests: 1200, seconds: 60 }, caller: { requests: 600, seconds: 60 } },
    })
  })
})
