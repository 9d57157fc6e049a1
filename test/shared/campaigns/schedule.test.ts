import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { CampaignCreate, CampaignUpdate } from '../../../shared/campaigns/api.ts'
import { cancelCampaign } from '../../../shared/campaigns/cancel.ts'
import { createCampaign } from '../../../shared/campaigns/create.ts'
import { deleteCampaign } from '../../../shared/campaigns/delete.ts'
import { executeCampaign } from '../../../shared/campaigns/execute.ts'
import { pauseCampaign } from '../../../shared/campaigns/pause.ts'
import { campaignStore } from '../../../shared/campaigns/store.ts'
import { updateCampaign, type CampaignChanges } from '../../../shared/campaigns/update.ts'
import type { Deps } from '../../../shared/deps.ts'
import { phoneNumberStore } from '../../../shared/phone-numbers/store.ts'
import { aWorkspaceId } from '../../support/builders.ts'
import { aCampaignWorld, type CampaignWorld } from '../../support/campaign-world.ts'

const NOW = new Date('2026-11-23T08:00:00Z')
const TOMORROW = '2026-11-24T09:00:00.000Z'

let w: CampaignWorld
let deps: Deps
beforeAll(async () => {
  w = await aCampaignWorld({ contacts: 3 })
  deps = { ...w.deps, now: () => NOW }
})
afterEach(() => w.queued.splice(0))
afterAll(() => w.close())

const read = async (id: string) => (await campaignStore(deps).get(w.workspaceId, id)).value
const update = (id: string, changes: CampaignChanges) => updateCampaign(deps, w.workspaceId, id, changes)
const due = async (at: string) => (await campaignStore(deps).due(new Date(at))).map(({ id }) => id)
const notEditable = { code: 'campaign_not_editable', status: 409 }
const invalid = (field: string) => ({ problems: [expect.objectContaining({ loc: ['body', field] })] })

const parts = () => ({
  workspace_id: w.workspaceId,
  phone_number_id: w.phoneNumberId,
  template_id: w.templateId,
  name: 'Autumn',
  variables: { 'body.1': { value: 'you' } },
})
const aScheduled = async (scheduled_at = TOMORROW) =>
  (await createCampaign(deps, w.workspaceId, { ...parts(), scheduled_at })).id

describe('the time in a request', () => {
  it.each(['2026-11-24T09:00:00', '2026-11-24', 'tomorrow', '2026-02-30T09:00:00Z', 1_795_000_000, ''])(
    'says which time zone it is in: %s does not',
    (scheduled_at) => {
      for (const schema of [CampaignUpdate, CampaignCreate.pick({ scheduled_at: true })]) {
        expect(schema.safeParse({ scheduled_at }).success).toBe(false)
      }
    },
  )

  it('asks for the zone in words', () => {
    const { error } = CampaignUpdate.safeParse({ scheduled_at: '2026-11-24T09:00:00' })
    expect(error?.issues[0]?.message).toContain('which time zone')
  })

  it.each([
    ['2026-11-24T09:00:00Z', TOMORROW],
    ['2026-11-24T10:00:00+01:00', TOMORROW],
    ['2026-11-24T14:45:00+05:45', TOMORROW],
    ['2026-11-23T23:00:00-10:00', TOMORROW],
    ['2026-11-24T09:00:00.000001Z', TOMORROW],
  ])('%s is kept as %s', async (given, kept) => {
    const { scheduled_at } = CampaignUpdate.parse({ scheduled_at: given })
    expect(await update(await w.aCampaign(), { scheduled_at })).toMatchObject({ scheduled_at: kept })
  })
})

describe('scheduling', () => {
  it('makes a draft SCHEDULED, when it is made or later, together with other changes', async () => {
    const made = await read(await aScheduled())
    expect(made).toMatchObject({ status: 'SCHEDULED', scheduled_at: TOMORROW, paused_at: null, execution_id: null })
    const id = await w.aCampaign()
    const next = await update(id, {
      scheduled_at: TOMORROW,
      name: 'Winter',
      audience: { tags: ['vip'] },
      status: 'SCHEDULED',
    })
    expect(next).toMatchObject({ status: 'SCHEDULED', name: 'Winter', audience: { tags: ['vip'] }, total: 0 })
    expect(await w.counters(id)).toMatchObject({ state: 'scheduled', scheduled_at: TOMORROW, pending_count: 0 })
    expect(w.queued).toEqual([])
  })

  it('takes a time in the future, within a year', async () => {
    const id = await w.aCampaign()
    for (const scheduled_at of ['2026-11-23T08:00:00Z', '2025-11-24T09:00:00Z', '2027-11-26T09:00:00Z']) {
      await expect(update(id, { scheduled_at })).rejects.toMatchObject(invalid('scheduled_at'))
      await expect(aScheduled(scheduled_at)).rejects.toMatchObject(invalid('scheduled_at'))
    }
    expect(await read(id)).toMatchObject({ status: 'DRAFT', scheduled_at: null })
    expect(await update(id, { scheduled_at: '2027-11-23T08:00:00Z' })).toMatchObject({ status: 'SCHEDULED' })
  })

  it('is refused as a start would be', async () => {
    const bare = { ...parts(), template_id: null, variables: {} }
    const scheduled = createCampaign(deps, w.workspaceId, { ...bare, scheduled_at: TOMORROW })
    await expect(scheduled).rejects.toMatchObject(invalid('template_id'))
    const { id } = await createCampaign(deps, w.workspaceId, bare)
    await expect(update(id, { scheduled_at: TOMORROW })).rejects.toMatchObject(invalid('template_id'))
    await withNumberDisabled(async () => {
      const other = await w.aCampaign()
      await expect(update(other, { scheduled_at: TOMORROW })).rejects.toMatchObject({ code: 'phone_number_not_active' })
      expect(await read(other)).toMatchObject({ status: 'DRAFT' })
    })
  })

  it('can be moved and taken back; what is sent back as it was changes nothing', async () => {
    const id = await aScheduled()
    const before = await read(id)
    expect(await update(id, { scheduled_at: '2026-11-24T10:00:00+01:00', status: 'SCHEDULED' })).toEqual(before)
    const later = await update(id, { scheduled_at: '2026-12-01T00:00:00Z' })
    expect(later).toMatchObject({ status: 'SCHEDULED', scheduled_at: '2026-12-01T00:00:00.000Z' })
    const draft = await update(id, { scheduled_at: null, name: 'Winter' })
    expect(draft).toMatchObject({ status: 'DRAFT', scheduled_at: null, name: 'Winter' })
    expect(await update(id, { scheduled_at: null })).toEqual(draft)
  })

  it('keeps its parts as they were checked until it is a draft again', async () => {
    const id = await aScheduled()
    await expect(update(id, { audience: { tags: ['vip'] } })).rejects.toMatchObject(notEditable)
    await expect(update(id, { variables: { 'body.1': { value: 'all' } } })).rejects.toMatchObject(notEditable)
    expect(await update(id, { name: 'Winter' })).toMatchObject({ name: 'Winter', status: 'SCHEDULED' })
  })

  it('is not asked for together with another change of state', async () => {
    const id = await w.aCampaign()
    for (const status of ['SENDING', 'CANCELLED'] as const) {
      await expect(update(id, { scheduled_at: TOMORROW, status })).rejects.toMatchObject(invalid('scheduled_at'))
    }
    await expect(update(id, { status: 'SCHEDULED' })).rejects.toMatchObject({ code: 'campaign_not_sendable' })
  })

  it('ends with a start: then its time is history', async () => {
    const id = await aScheduled()
    const started = await executeCampaign(deps, w.workspaceId, id)
    expect(started).toMatchObject({ status: 'SENDING', scheduled_at: TOMORROW, in_motion: true })
    await expect(update(id, { scheduled_at: '2026-12-01T00:00:00Z' })).rejects.toMatchObject(notEditable)
    expect(await update(id, { scheduled_at: null, name: 'Winter' })).toMatchObject({
      name: 'Winter',
      status: 'SENDING',
    })
    await pauseCampaign(deps, w.workspaceId, id)
    await expect(update(id, { scheduled_at: '2026-12-01T00:00:00Z' })).rejects.toMatchObject(notEditable)
    expect(await w.counters(id)).toMatchObject({ state: 'paused' })
  })

  it('is over after a cancel, and nobody is to be marked then', async () => {
    const id = await aScheduled()
    expect(await cancelCampaign(deps, w.workspaceId, id)).toMatchObject({ status: 'CANCELLED', in_motion: false })
    await expect(update(id, { scheduled_at: '2026-12-01T00:00:00Z' })).rejects.toMatchObject(notEditable)
  })

  it('waits while a person paused it, until another time or a start', async () => {
    const id = await aScheduled()
    const paused = await pauseCampaign(deps, w.workspaceId, id)
    expect(paused).toMatchObject({ status: 'SCHEDULED', paused_at: NOW.toISOString(), pause_reason: null })
    expect(await w.counters(id)).toMatchObject({ state: 'paused', scheduled_at: TOMORROW })
    await expect(pauseCampaign(deps, w.workspaceId, id)).rejects.toMatchObject({ code: 'campaign_not_sendable' })
    expect(await due('2026-11-25T00:00:00Z')).not.toContain(id)
    expect(await update(id, { scheduled_at: '2026-11-24T12:00:00Z' })).toMatchObject({ paused_at: null })
    expect(await due('2026-11-25T00:00:00Z')).toContain(id)
  })

  it('is seen by the timer only while it waits for its time', async () => {
    const ids = [await aScheduled(), await aScheduled(), await aScheduled(), await aScheduled(), await aScheduled()]
    expect(await due('2026-11-24T08:59:59Z')).not.toEqual(expect.arrayContaining([ids[0]]))
    expect(await due(TOMORROW)).toEqual(expect.arrayContaining(ids))
    await executeCampaign(deps, w.workspaceId, ids[0]!)
    await cancelCampaign(deps, w.workspaceId, ids[1]!)
    await deleteCampaign(deps, w.workspaceId, ids[2]!)
    await update(ids[3]!, { scheduled_at: null })
    const left = await due('2027-11-24T00:00:00Z')
    expect(ids.filter((id) => left.includes(id))).toEqual([ids[4]])
  })

  it('is of its workspace only', async () => {
    const other = updateCampaign(deps, aWorkspaceId(), await aScheduled(), { scheduled_at: null })
    await expect(other).rejects.toMatchObject({ code: 'campaign_not_found' })
  })
})

async function withNumberDisabled(work: () => Promise<void>): Promise<void> {
  const store = phoneNumberStore(deps.containers)
  const stored = (await store.find(w.workspaceId, w.phoneNumberId))!
  const disabled = await store.replace(stored, { ...stored.value, status: 'disabled' })
  await work()
  await store.replace(disabled, stored.value)
}
