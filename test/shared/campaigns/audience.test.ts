import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { AudienceGiven, tidyAudience } from '../../../shared/campaigns/audience.ts'
import { createCampaign } from '../../../shared/campaigns/create.ts'
import { executeCampaign } from '../../../shared/campaigns/execute.ts'
import { listCampaigns } from '../../../shared/campaigns/list.ts'
import { planCampaign } from '../../../shared/campaigns/plan.ts'
import { preflightCampaign } from '../../../shared/campaigns/preflight.ts'
import { previewCampaign } from '../../../shared/campaigns/preview.ts'
import { Campaign } from '../../../shared/campaigns/schema.ts'
import { campaignStore } from '../../../shared/campaigns/store.ts'
import { updateCampaign } from '../../../shared/campaigns/update.ts'
import { deleteContact } from '../../../shared/contacts/delete.ts'
import { contactId, newContact } from '../../../shared/contacts/schema.ts'
import { contactStore } from '../../../shared/contacts/store.ts'
import { updateContact } from '../../../shared/contacts/update.ts'
import { pageStore } from '../../../shared/recipients/page-store.ts'
import { aWorkspaceId } from '../../support/builders.ts'
import { aCampaignWorld, type CampaignWorld } from '../../support/campaign-world.ts'

const COUNT = 2_600
const CITIES = ['Berlin', 'Paris', 'Rome']

let w: CampaignWorld
/** Every 2nd is VIP, every 3rd a friend, every 5th staff; cities in turn; every 100th has opted out. */
beforeAll(async () => {
  w = await aCampaignWorld({ contacts: 0 })
  const store = contactStore(w.deps.containers)
  for (let from = 0; from < COUNT; from += 100) {
    const numbers = Array.from({ length: 100 }, (_, index) => from + index)
    const made = numbers.map((n) => ({ kind: 'create' as const, document: person(n) }))
    await store.writeAll(w.workspaceId, made)
  }
})
afterEach(() => w.queued.splice(0))
afterAll(() => w.close())

const phone = (n: number) => ({ e164: `+1555${2_000_000 + n}`, waId: `1555${2_000_000 + n}` })
const idOf = (n: number) => contactId(w.workspaceId, phone(n).waId)
const optedIn = (n: number) => n % 100 !== 99

function person(n: number) {
  const tags = [...(n % 2 === 0 ? ['VIP'] : []), ...(n % 3 === 0 ? ['Friend'] : []), ...(n % 5 === 0 ? ['staff'] : [])]
  const attributes = { City: CITIES[n % 3]!, 'shoe size': String(36 + (n % 10)) }
  const rest = {
    name: n % 50 === 1 ? null : `Person ${n}`,
    tags,
    attributes,
    optedIn: optedIn(n),
    source: 'api' as const,
  }
  return newContact(w.workspaceId, { phone: phone(n), ...rest }, w.deps.now())
}

const matching = (test: (n: number) => boolean) =>
  Array.from({ length: COUNT }, (_, n) => n).filter((n) => optedIn(n) && test(n))

async function aCampaign(audience?: AudienceGiven, fallback: { fallback?: string } = { fallback: 'there' }) {
  const ids = { workspace_id: w.workspaceId, phone_number_id: w.phoneNumberId, template_id: w.templateId }
  const variables = { 'body.1': { field: 'name' as const, ...fallback } }
  return createCampaign(w.deps, w.workspaceId, { ...ids, name: 'Autumn', variables, audience })
}

/** Everybody in the pages, once the campaign is planned. */
async function planned(campaignId: string): Promise<string[]> {
  await executeCampaign(w.deps, w.workspaceId, campaignId)
  for (const message of w.taken('campaign-planning')) {
    await planCampaign(w.deps, message)
  }
  const { pages } = (await campaignStore(w.deps).get(w.workspaceId, campaignId)).value
  const store = pageStore(w.deps)
  const read = Array.from({ length: pages }, (_, page) => store.page(w.workspaceId, campaignId, page))
  return (await Promise.all(read)).flatMap((stored) => stored?.value.contacts ?? [])
}

describe('planning', () => {
  const cases: [string, AudienceGiven, (n: number) => boolean][] = [
    ['everybody', {}, () => true],
    ['one tag, in any letter case', { tags: ['vip'] }, (n) => n % 2 === 0],
    ['any of several tags', { tags: ['VIP', 'friend'] }, (n) => n % 2 === 0 || n % 3 === 0],
    ['all of several tags', { tags: ['vip', 'Friend'], tags_match: 'all' }, (n) => n % 6 === 0],
    ['excluded tags', { exclude_tags: ['STAFF', 'friend'] }, (n) => n % 5 !== 0 && n % 3 !== 0],
    ['a tag that nobody has', { tags: ['nobody'] }, () => false],
    ['an attribute', { attributes: { city: 'Berlin' } }, (n) => n % 3 === 0],
    ['one of several values', { attributes: { CITY: ['Berlin', 'Rome'] } }, (n) => n % 3 !== 1],
    ['attributes together', { attributes: { City: 'Rome', 'shoe size': '36' } }, (n) => n % 30 === 20],
    ['a value in another spelling', { attributes: { City: 'berlin' } }, () => false],
    ['an attribute that nobody has', { attributes: { constructor: 'x' } }, () => false],
    [
      'all kinds together',
      { tags: ['vip'], exclude_tags: ['staff'], attributes: { city: ['Paris'] } },
      (n) => n % 2 === 0 && n % 5 !== 0 && n % 3 === 1,
    ],
  ]
  it.each(cases)('takes %s, opted in, each once', async (_name, audience, test) => {
    const campaign = await aCampaign(audience)
    const expected = matching(test).map(idOf).sort()
    expect(campaign.total).toBe(expected.length)
    expect(await planned(campaign.id)).toEqual(expected)
  })

  it('takes the contacts that are named, and no opted-out one of them', async () => {
    const chosen = Array.from({ length: 1_000 }, (_, index) => index * 2 + 1)
    const campaign = await aCampaign({ contact_ids: chosen.map((n) => idOf(n).toUpperCase()), exclude_tags: ['staff'] })
    const expected = chosen.filter((n) => optedIn(n) && n % 5 !== 0).map(idOf)
    expect(await planned(campaign.id)).toEqual(expected.sort())
  })

  it('goes by who has opted out when it starts, whatever was previewed, and completes', async () => {
    const chosen = [0, 2, 4, 6]
    const campaign = await aCampaign({ contact_ids: chosen.map(idOf) })
    expect(await previewCampaign(w.deps, w.workspaceId, campaign.id, {})).toMatchObject({ would_receive: 4 })
    await updateContact(w.deps, w.workspaceId, idOf(2), { opted_in: false, source: 'api' })
    await deleteContact(w.deps, w.workspaceId, idOf(4))
    expect(await planned(campaign.id)).toEqual([idOf(0), idOf(6)].sort())
    await w.settle()
    expect(await w.counters(campaign.id)).toMatchObject({ status: 'COMPLETED', total_contacts: 2, sent_count: 2 })
    await updateContact(w.deps, w.workspaceId, idOf(2), { opted_in: true, source: 'api' })
  })
})

describe('the preview', () => {
  const preview = (id: string, audience?: AudienceGiven) => previewCampaign(w.deps, w.workspaceId, id, { audience })

  it('counts who would receive it and who would not, with ten examples each and the reason in words', async () => {
    const seen = await preview((await aCampaign({ tags: ['friend'] }, {})).id)
    const friends = Array.from({ length: COUNT }, (_, n) => n).filter((n) => n % 3 === 0)
    const nameless = friends.filter((n) => optedIn(n) && n % 50 === 1)
    const out = friends.filter((n) => !optedIn(n))
    expect(seen).toMatchObject({ total: friends.length, would_receive: friends.length - nameless.length - out.length })
    expect(seen.examples).toHaveLength(10)
    expect(seen.skipped.map(({ reason, count }) => ({ reason, count }))).toEqual([
      { reason: 'opted_out', count: out.length },
      { reason: 'missing_variable', count: nameless.length },
    ])
    for (const { examples, description } of seen.skipped) {
      expect(examples.length).toBeLessThanOrEqual(10)
      expect(description).toMatch(/^Th/)
    }
    expect(out.map(idOf)).toEqual(expect.arrayContaining(seen.skipped[0]!.examples.map((one) => one.contact_id)))
  })

  it('agrees with what planning then does', async () => {
    const campaign = await aCampaign({ attributes: { city: 'Paris' }, exclude_tags: ['vip'] }, {})
    const seen = await preview(campaign.id)
    const ids = await planned(campaign.id)
    const skipped = seen.skipped.find(({ reason }) => reason === 'missing_variable')
    expect(ids).toHaveLength(seen.would_receive + skipped!.count)
    await w.settle(1)
    expect(await w.counters(campaign.id)).toMatchObject({ total_contacts: ids.length })
  })

  it('tries another audience without storing it', async () => {
    const campaign = await aCampaign({ tags: ['vip'] })
    expect(await preview(campaign.id, { tags: ['nobody'] })).toMatchObject({ total: 0, examples: [], skipped: [] })
    expect(await preview(campaign.id, {})).toMatchObject({ audience: null })
    expect((await preview(campaign.id)).audience).toEqual({ tags: ['vip'], tags_match: 'any' })
    const foreign = contactId(aWorkspaceId(), phone(1).waId)
    await expect(preview(campaign.id, { contact_ids: [foreign] })).rejects.toMatchObject({ code: 'validation_failed' })
  })

  it('tells a number that was only sent to from one that opted out', async () => {
    const stranger = { phone: phone(90_000), name: null, tags: ['stranger'], optedIn: false, source: 'send' as const }
    await contactStore(w.deps.containers).create(newContact(w.workspaceId, stranger, w.deps.now()))
    const seen = await preview((await aCampaign({ tags: ['stranger'] })).id)
    expect(seen).toMatchObject({ total: 1, would_receive: 0, skipped: [{ reason: 'no_consent', count: 1 }] })
  })

  it('tells who agreed but keeps their number to themselves', async () => {
    const hidden = { userId: 'US.1', name: 'Ada', tags: ['hidden'], optedIn: true, source: 'api' as const }
    await contactStore(w.deps.containers).create(newContact(w.workspaceId, hidden, w.deps.now()))
    const campaign = await aCampaign({ tags: ['hidden'] })
    expect(await preview(campaign.id)).toMatchObject({
      total: 1,
      would_receive: 0,
      skipped: [{ reason: 'no_phone_number', count: 1, examples: [{ phone_number: '', name: 'Ada' }] }],
    })
    const { totals } = await preflightCampaign(w.deps, w.workspaceId, campaign.id)
    expect(totals).toMatchObject({ audience: 1, would_send: 0, skipped: [{ reason: 'no_phone_number', count: 1 }] })
  })

  it('is of this workspace only', async () => {
    const campaign = await aCampaign()
    const other = previewCampaign(w.deps, aWorkspaceId(), campaign.id, {})
    await expect(other).rejects.toMatchObject({ code: 'campaign_not_found' })
  })
})

describe('giving an audience', () => {
  it.each([
    [{ tag: ['vip'] }],
    [{ tags: [] }],
    [{ tags: [' '] }],
    [{ tags: ['x'.repeat(51)] }],
    [{ tags_match: 'none' }],
    [{ contact_ids: [] }],
    [{ contact_ids: ['1'] }],
    [{ contact_ids: Array.from({ length: 1_001 }, () => '00000000-0000-4000-8000-000000000000') }],
    [{ attributes: { 'c["x"]': 'x' } }],
    [{ attributes: { city: [] } }],
    [{ attributes: { city: null } }],
    [{ attributes: { city: 'a', City: 'b' } }],
  ])('takes nothing that could mean somebody else: %j', (audience) => {
    expect(AudienceGiven.safeParse(audience).success).toBe(false)
  })

  it('keeps each tag, id and value once; nothing given is everybody', () => {
    expect(tidyAudience(AudienceGiven.parse({ tags: null, exclude_tags: [], attributes: {} }))).toBeNull()
    expect(tidyAudience({ tags: ['A', 'a', ' b '], attributes: { City: ['x', 'x'], n: 'y' } })).toEqual({
      tags: ['A', 'b'],
      tags_match: 'any',
      attributes: { City: ['x'], n: ['y'] },
    })
  })

  it('names contacts that this workspace does not have, or not any more, alike', async () => {
    const foreign = contactId(aWorkspaceId(), phone(1).waId)
    const gone = contactId(w.workspaceId, phone(4).waId)
    const problems = [foreign, gone].map((id, index) => ({
      loc: ['body', 'audience', 'contact_ids', index + 1],
      msg: `No contact of this workspace has the id ${id}`,
    }))
    await expect(aCampaign({ contact_ids: [idOf(1), foreign, gone] })).rejects.toMatchObject({ problems })
  })

  it('is possible while the campaign is a draft, counts anew, and null leaves it', async () => {
    const campaign = await aCampaign({ tags: ['vip'] })
    const change = (audience: AudienceGiven | null) => updateCampaign(w.deps, w.workspaceId, campaign.id, { audience })
    expect(await change(null)).toEqual(campaign)
    expect(await change({ tags: ['vip'] })).toEqual(campaign)
    const narrowed = await change({ contact_ids: [idOf(0), idOf(99)] })
    expect(narrowed).toMatchObject({ audience: { contact_ids: [idOf(0), idOf(99)] }, total: 1 })
    const listed = await listCampaigns(w.deps, w.workspaceId, {}, { limit: 100, offset: 0 })
    expect(listed.items.find(({ id }) => id === campaign.id)).toMatchObject({ total_contacts: 1 })
    expect(await w.counters(campaign.id)).toMatchObject({ total_contacts: 1, audience: narrowed.audience })
    expect((await change({})).audience).toBeNull()
    await executeCampaign(w.deps, w.workspaceId, campaign.id)
    expect(await change({})).toMatchObject({ audience: null })
    await expect(change({ tags: ['vip'] })).rejects.toMatchObject({ code: 'campaign_not_editable' })
  })

  it('reads campaigns that were stored before there were audiences', async () => {
    const { audience: _a, scheduled_at: _s, failure_reason: _r, failed_at: _f, ...old } = await aCampaign()
    expect(Campaign.parse(old)).toMatchObject({ audience: null, scheduled_at: null, failed_at: null })
  })
})
