import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCampaign } from '../../../shared/campaigns/create.ts'
import { executeCampaign } from '../../../shared/campaigns/execute.ts'
import { planCampaign } from '../../../shared/campaigns/plan.ts'
import { preflightCampaign } from '../../../shared/campaigns/preflight.ts'
import { previewCampaign } from '../../../shared/campaigns/preview.ts'
import { startDueCampaigns } from '../../../shared/campaigns/start-due.ts'
import { campaignStore } from '../../../shared/campaigns/store.ts'
import type { AudienceGiven } from '../../../shared/campaigns/audience.ts'
import { createContact } from '../../../shared/contacts/create.ts'
import { changeNumber } from '../../../shared/contacts/renumber.ts'
import { contactId } from '../../../shared/contacts/schema.ts'
import { UNKEYED } from '../../../shared/idempotency/once.ts'
import { pageStore } from '../../../shared/recipients/page-store.ts'
import { createSegment, deleteSegment, updateSegment } from '../../../shared/segments/change.ts'
import { countedSegment, findSegment, listSegments } from '../../../shared/segments/find.ts'
import { aWorkspaceId } from '../../support/builders.ts'
import { aCampaignWorld, type CampaignWorld } from '../../support/campaign-world.ts'
import { crash, interrupted } from '../../support/tenants.ts'
import { aPhone } from '../contacts/support.ts'

let w: CampaignWorld
const ids: string[] = []
/** Even ones are VIP, every third is staff; those from 6 on live in Rome. */
beforeAll(async () => {
  w = await aCampaignWorld({ contacts: 0 })
  for (let n = 0; n < 12; n++) {
    const tags = [...(n % 2 === 0 ? ['VIP'] : []), ...(n % 3 === 0 ? ['staff'] : [])]
    const attributes = { City: n < 6 ? 'Berlin' : 'Rome' }
    ids.push((await createContact(w.deps, w.workspaceId, { phone_number: aPhone(n), tags, attributes })).id)
  }
})
afterAll(() => w.close())

const VIP = { tags: ['vip'], exclude_tags: ['staff'] }
const segment = (filter: Parameters<typeof createSegment>[2]['filter'] = VIP) =>
  createSegment(w.deps, w.workspaceId, { name: 'Regulars', filter })
const campaign = (audience: AudienceGiven, scheduled_at?: string) =>
  createCampaign(w.deps, w.workspaceId, {
    workspace_id: w.workspaceId,
    phone_number_id: w.phoneNumberId,
    template_id: w.templateId,
    name: 'Autumn',
    variables: { 'body.1': { value: 'you' } },
    audience,
    scheduled_at,
  })
const of = (...numbers: number[]) => numbers.map((n) => ids[n]!).sort()

async function planned(id: string): Promise<string[]> {
  for (const message of w.taken('campaign-planning')) await planCampaign(w.deps, message)
  const { pages } = (await campaignStore(w.deps).get(w.workspaceId, id)).value
  const read = Array.from({ length: pages }, (_, page) => pageStore(w.deps).page(w.workspaceId, id, page))
  return (await Promise.all(read)).flatMap((stored) => stored?.value.contacts ?? [])
}

describe('a segment', () => {
  it('is made, counted, listed, changed and deleted', async () => {
    const { id } = await segment({ ...VIP, tags_match: null })
    expect(await countedSegment(w.deps, w.workspaceId, id)).toMatchObject({
      count: 4,
      segment: { filter: { tags: ['vip'], tags_match: 'any', exclude_tags: ['staff'] } },
    })
    const page = { limit: 10, offset: 0 }
    expect((await listSegments(w.deps, w.workspaceId, page)).items.map((one) => one.id)).toContain(id)
    await updateSegment(w.deps, w.workspaceId, id, { filter: { attributes: { city: 'Rome' } } })
    expect(await countedSegment(w.deps, w.workspaceId, id)).toMatchObject({ count: 6, segment: { name: 'Regulars' } })
    await deleteSegment(w.deps, w.workspaceId, id)
    await expect(findSegment(w.deps, w.workspaceId, id)).rejects.toMatchObject({ code: 'segment_not_found' })
    await expect(deleteSegment(w.deps, w.workspaceId, id)).rejects.toMatchObject({ code: 'segment_not_found' })
  })

  it('of another workspace is nowhere, and no other id leads to one', async () => {
    const { id } = await segment()
    const elsewhere = aWorkspaceId()
    for (const act of [findSegment, deleteSegment]) {
      await expect(act(w.deps, elsewhere, id)).rejects.toMatchObject({ code: 'segment_not_found' })
    }
    await expect(findSegment(w.deps, w.workspaceId, w.templateId)).rejects.toMatchObject({ code: 'segment_not_found' })
    const theirs = await createSegment(w.deps, elsewhere, { name: 'Theirs', filter: {} })
    await expect(campaign({ segment: theirs.id })).rejects.toMatchObject({
      problems: [{ loc: ['body', 'audience', 'segment'] }],
    })
  })

  it('is made once by a request that is run again, and both changes stand where two come at once', async () => {
    const once = { ...UNKEYED, seed: () => 'the same' }
    const made = await createSegment({ ...w.deps, once }, w.workspaceId, { name: 'Once', filter: VIP })
    expect(await createSegment({ ...w.deps, once }, w.workspaceId, { name: 'Once', filter: VIP })).toEqual(made)
    await Promise.all([
      updateSegment(w.deps, w.workspaceId, made.id, { name: 'Twice' }),
      updateSegment(w.deps, w.workspaceId, made.id, { filter: { tags: ['x'] } }),
    ])
    const { value } = await findSegment(w.deps, w.workspaceId, made.id)
    expect(value).toMatchObject({ name: 'Twice', filter: { tags: ['x'] } })
    const failing = interrupted(w.deps, 'core', 'replace', crash)
    await expect(updateSegment(failing, w.workspaceId, made.id, { name: 'Never' })).rejects.toThrow('killed')
    expect((await findSegment(w.deps, w.workspaceId, made.id)).value).toEqual(value)
  })
})

describe('a campaign to a segment', () => {
  it('goes to those whom the segment and its own conditions describe together', async () => {
    const { id } = await segment()
    const made = await campaign({ segment: id.toUpperCase(), attributes: { city: 'Rome' } })
    expect(made.total).toBe(2)
    expect(await previewCampaign(w.deps, w.workspaceId, made.id, {})).toMatchObject({ would_receive: 2 })
    expect(await preflightCampaign(w.deps, w.workspaceId, made.id)).toMatchObject({ totals: { of: 2 } })
    await executeCampaign(w.deps, w.workspaceId, made.id)
    expect(await planned(made.id)).toEqual(of(8, 10))
  })

  it('keeps the filter as it was at the start, also when the segment is changed or deleted before it is planned', async () => {
    const { id } = await segment()
    const made = await campaign({ segment: id })
    await executeCampaign(w.deps, w.workspaceId, made.id)
    await updateSegment(w.deps, w.workspaceId, id, { filter: {} })
    await deleteSegment(w.deps, w.workspaceId, id)
    expect(await planned(made.id)).toEqual(of(2, 4, 8, 10))
  })

  it('is never for everybody where the segment is gone: it cannot start, and describes nobody until then', async () => {
    const { id } = await segment()
    const made = await campaign({ segment: id })
    await deleteSegment(w.deps, w.workspaceId, id)
    expect(await w.counters(made.id)).toMatchObject({ total_contacts: 0 })
    await expect(executeCampaign(w.deps, w.workspaceId, made.id)).rejects.toMatchObject({
      problems: [{ loc: ['body', 'audience', 'segment'] }],
    })
    expect(await preflightCampaign(w.deps, w.workspaceId, made.id)).toMatchObject({
      ready: false,
      blocking: [{ field: 'audience.segment' }],
      totals: { would_send: 0 },
    })
  })

  it('that waits for its time keeps the segment from being deleted, and is kept back should it be gone all the same', async () => {
    const { id } = await segment()
    const soon = new Date(Date.now() + 3_600_000)
    const made = await campaign({ segment: id }, soon.toISOString())
    await expect(deleteSegment(w.deps, w.workspaceId, id)).rejects.toMatchObject({ code: 'segment_in_use' })
    await w.deps.containers.core.remove(id, w.workspaceId)
    await startDueCampaigns({ ...w.deps, now: () => soon })
    expect(await w.counters(made.id)).toMatchObject({
      state: 'paused',
      pause_reason: expect.stringContaining('segment') as string,
    })
  })
})

it('a campaign to contacts that are named goes to whom they have become since', async () => {
  const from = aPhone(70).slice(1)
  const { id } = await createContact(w.deps, w.workspaceId, { phone_number: `+${from}` })
  const made = await campaign({ contact_ids: [id, ids[0]!] })
  const to = aPhone(71).slice(1)
  await changeNumber(w.deps, w.workspaceId, { waId: from, toWaId: to, at: new Date().toISOString() })
  expect(await previewCampaign(w.deps, w.workspaceId, made.id, {})).toMatchObject({ would_receive: 2 })
  expect(await campaign({ contact_ids: [id] })).toMatchObject({ total: 1 })
  await executeCampaign(w.deps, w.workspaceId, made.id)
  expect(await planned(made.id)).toEqual([contactId(w.workspaceId, to), ids[0]!].sort())
})
