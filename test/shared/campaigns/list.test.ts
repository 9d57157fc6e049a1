import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DocumentContainer } from '../../../shared/azure/cosmos.ts'
import { cancelCampaign } from '../../../shared/campaigns/cancel.ts'
import { conductCampaign } from '../../../shared/campaigns/conduct.ts'
import { deleteCampaign } from '../../../shared/campaigns/delete.ts'
import { executeCampaign } from '../../../shared/campaigns/execute.ts'
import { listCampaigns } from '../../../shared/campaigns/list.ts'
import { FIRST_REFRESH_SECONDS } from '../../../shared/campaigns/refresh.ts'
import type { Campaign } from '../../../shared/campaigns/schema.ts'
import { campaignStore } from '../../../shared/campaigns/store.ts'
import type { Deps } from '../../../shared/deps.ts'
import { newCampaignId, type WorkspaceId } from '../../../shared/ids.ts'
import { aWorkspaceId } from '../../support/builders.ts'
import { aCampaignWorld, type CampaignWorld } from '../../support/campaign-world.ts'

const CONTACTS = 5
const DAY_MS = 86_400_000

let w: CampaignWorld
beforeAll(async () => {
  w = await aCampaignWorld({ contacts: CONTACTS })
})
afterAll(() => w.close())

const all = { limit: 100, offset: 0 }

/** Campaigns written as they would be stored, newest last. */
async function stored(workspaceId: WorkspaceId, count: number, parts: Partial<Campaign> = {}): Promise<Campaign[]> {
  const made = Array.from({ length: count }, (_, index): Campaign => {
    const at = new Date(Date.UTC(2026, 0, 1) + index * 1000)
    return {
      id: newCampaignId(workspaceId, at),
      workspace_id: workspaceId,
      type: 'campaign',
      v: 1,
      name: `Campaign ${index}`,
      phone_number_id: w.phoneNumberId,
      template_id: null,
      variables: {},
      audience: null,
      scheduled_at: null,
      failure_reason: null,
      failed_at: null,
      status: 'DRAFT',
      execution_id: null,
      in_motion: false,
      planned_at: null,
      total: 7,
      pages: 0,
      reopen: [],
      pause_reason: null,
      started_at: null,
      paused_at: null,
      completed_at: null,
      cancelled_at: null,
      created_at: at.toISOString(),
      updated_at: at.toISOString(),
      counters: null,
      ...parts,
    }
  })
  for (let at = 0; at < made.length; at += 20) {
    await Promise.all(made.slice(at, at + 20).map((campaign) => campaignStore(w.deps).create(campaign)))
  }
  return made.reverse()
}

const ENDED: Partial<Campaign> = {
  status: 'COMPLETED',
  started_at: '2026-01-02T00:00:00.000Z',
  planned_at: '2026-01-02T00:00:01.000Z',
  completed_at: '2026-01-02T00:10:00.000Z',
  total: 3,
  pages: 1,
  counters: {
    sent: 2,
    delivered: 2,
    read: 1,
    failed: 1,
    skipped: 0,
    cancelled: 0,
    uncertain: 0,
    replied: 1,
    failures: { 131026: 1 },
    priced: {},
  },
}

/** Deps that count their requests. */
function counting(deps: Deps) {
  const requests = { cosmos: 0, tables: 0 }
  const counted = (container: DocumentContainer): DocumentContainer =>
    new Proxy(container, {
      get(target, property) {
        const original: unknown = Reflect.get(target, property)
        return (...parameters: unknown[]) => {
          requests.cosmos++
          return Reflect.apply(original as () => unknown, target, parameters) as unknown
        }
      },
    })
  const entries = Object.entries(deps.containers).map(([name, container]) => [name, counted(container)])
  const containers = Object.fromEntries(entries) as Deps['containers'] // the same names
  const factsTable: Deps['factsTable'] = (month) => {
    requests.tables++
    return deps.factsTable(month)
  }
  return { deps: { ...deps, containers, factsTable }, requests }
}

describe('a page of campaigns', () => {
  it('of a hundred drafts and finished ones takes two Cosmos requests and no scan of a ledger', async () => {
    const workspaceId = aWorkspaceId()
    await stored(workspaceId, 50)
    await stored(workspaceId, 50, ENDED)
    const { deps, requests } = counting(w.deps)
    const listed = await listCampaigns(deps, workspaceId, {}, all)
    expect(listed.items).toHaveLength(100)
    expect(listed).toMatchObject({ total: 100, next: undefined })
    expect(requests).toEqual({ cosmos: 2, tables: 0 })
  })

  it('with more behind it takes two as well, and drafts show what was counted for them once', async () => {
    const workspaceId = aWorkspaceId()
    const made = await stored(workspaceId, 30)
    const { deps, requests } = counting(w.deps)
    const first = await listCampaigns(deps, workspaceId, {}, { limit: 20, offset: 0 })
    expect(first).toMatchObject({ total: 30 })
    expect(first.items.map(({ id }) => id)).toEqual(made.slice(0, 20).map(({ id }) => id))
    expect(first.items[0]).toMatchObject({ total_contacts: 7 })
    expect(requests.cosmos).toBe(2)
    const next = await listCampaigns(deps, workspaceId, {}, { limit: 20, offset: 0, after: first.next })
    expect(next).toMatchObject({ total: 30, next: undefined })
    expect(next.items.map(({ id }) => id)).toEqual(made.slice(20).map(({ id }) => id))
    expect(requests.cosmos).toBe(4)
    const offset = await listCampaigns(deps, workspaceId, {}, { limit: 20, offset: 25 })
    expect(offset.items.map(({ id }) => id)).toEqual(made.slice(25).map(({ id }) => id))
    expect(await listCampaigns(deps, workspaceId, {}, { limit: 20, offset: 90 })).toMatchObject({
      items: [],
      total: 30,
    })
  })

  it('goes by status and by number, under either of its names', async () => {
    const workspaceId = aWorkspaceId()
    await stored(workspaceId, 2, ENDED)
    await stored(workspaceId, 3)
    const list = async (filter: Parameters<typeof listCampaigns>[2], of = workspaceId) =>
      (await listCampaigns(w.deps, of, filter, all)).total
    expect(await list({ status: 'COMPLETED' })).toBe(2)
    expect(await list({ status: 'DRAFT' })).toBe(3)
    expect(await list({ status: 'FAILED' })).toBe(0)
    expect(await list({ phoneNumberId: w.phoneNumberId.toUpperCase() })).toBe(5)
    const mine = await w.aCampaign()
    expect(await list({ phoneNumberId: w.simulator.phoneNumberId }, w.workspaceId)).toBeGreaterThan(0)
    // The number is another workspace's.
    expect(await list({ phoneNumberId: w.simulator.phoneNumberId })).toBe(0)
    expect(await list({ phoneNumberId: aWorkspaceId() })).toBe(0)
    await deleteCampaign(w.deps, w.workspaceId, mine)
  })

  it('shows drafts with today’s audience, and cancelled ones that never started with none', async () => {
    const draft = await w.aCampaign()
    const cancelled = await w.aCampaign()
    await cancelCampaign(w.deps, w.workspaceId, cancelled)
    w.queued.splice(0)
    const { items } = await listCampaigns(w.deps, w.workspaceId, {}, all)
    expect(items.find(({ id }) => id === draft)).toMatchObject({ total_contacts: CONTACTS, pending_count: 0 })
    expect(items.find(({ id }) => id === cancelled)).toMatchObject({ total_contacts: 0, pending_count: 0 })
    expect(await w.counters(cancelled)).toMatchObject({ total_contacts: 0 })
    for (const id of [draft, cancelled]) await deleteCampaign(w.deps, w.workspaceId, id)
    expect(await listCampaigns(w.deps, w.workspaceId, {}, all)).toMatchObject({ items: [], total: 0 })
  })
})

describe('the counters in a list', () => {
  it('are those of the campaign by itself, while it sends and right after it', async () => {
    const id = await w.aCampaign()
    const both = async () => {
      const { items } = await listCampaigns(w.deps, w.workspaceId, {}, all)
      return [items.find((campaign) => campaign.id === id), await w.counters(id)]
    }
    await executeCampaign(w.deps, w.workspaceId, id)
    for (let step = 0; step < 4; step++) {
      await w.settle(1)
      const [inList, alone] = await both()
      const { total_contacts: _all, pending_count: _pending, ...rest } = alone!
      expect(inList).toMatchObject(step < 2 ? rest : alone!)
    }
    await w.settle()
    const [inList, alone] = await both()
    expect(inList).toEqual(alone)
    expect(alone).toMatchObject({ status: 'COMPLETED', sent_count: CONTACTS, pending_count: 0 })
    w.queued.splice(0)
    await deleteCampaign(w.deps, w.workspaceId, id)
  })

  it('follow what is read after the end, at growing intervals, until the campaign moves again', async () => {
    const id = await w.aCampaign()
    await executeCampaign(w.deps, w.workspaceId, id)
    await w.settle()
    const read = { page: 0, position: 0, kind: 'read', at: 1_800_000_000, code: 0 } as const
    await w.deps.facts.write(w.workspaceId, id, [{ status: read }])
    const later = { ...w.deps, now: () => new Date(Date.now() + DAY_MS) }
    const inList = async () => (await listCampaigns(later, w.workspaceId, {}, all)).items.find((one) => one.id === id)
    expect(await inList()).toMatchObject({ read_count: 0 })
    expect(await w.counters(id)).toMatchObject({ read_count: 1 })

    const delays = w.queued.map(({ delaySeconds }) => delaySeconds)
    expect(delays).toEqual([FIRST_REFRESH_SECONDS])
    const [message] = w.taken('campaign-release')
    const before = await campaignStore(w.deps).get(w.workspaceId, id)
    // Twice, as queues deliver.
    for (let again = 0; again < 2; again++) await conductCampaign(w.deps, message!)
    expect(await inList()).toMatchObject({ read_count: 1, delivered_count: 1, sent_count: CONTACTS })
    expect(await campaignStore(w.deps).get(w.workspaceId, id)).toMatchObject({
      value: { updated_at: before.value.updated_at },
    })
    expect(w.queued.map(({ delaySeconds }) => delaySeconds)).toEqual([1200, 1200])
    await conductCampaign(w.deps, { ...message!, execution_id: aWorkspaceId() })
    expect(w.queued).toHaveLength(2)
    w.queued.splice(0)
    await conductCampaign(w.deps, { ...message!, refresh: 9 })
    expect(w.queued).toEqual([])
  })
})
