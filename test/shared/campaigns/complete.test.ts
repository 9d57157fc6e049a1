import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { deleteCampaign } from '../../../shared/campaigns/delete.ts'
import { executeCampaign } from '../../../shared/campaigns/execute.ts'
import { campaignStore } from '../../../shared/campaigns/store.ts'
import { sweepCampaigns } from '../../../shared/campaigns/sweep.ts'
import { campaignMonth } from '../../../shared/ids.ts'
import { factKey, factPartition } from '../../../shared/recipients/fact-writer.ts'
import { pageStore } from '../../../shared/recipients/page-store.ts'
import { aCampaignWorld, type CampaignWorld } from '../../support/campaign-world.ts'

let w: CampaignWorld
beforeEach(async () => {
  w = await aCampaignWorld({ contacts: 200 })
})
afterEach(() => w.close())

/** Everything is sent, and the conductor has not looked since. */
async function sent(): Promise<string> {
  const id = await w.aCampaign()
  await executeCampaign(w.deps, w.workspaceId, id)
  await w.settle(2)
  while (w.queued.some(({ queue }) => queue === 'outbound-sends')) await w.settle(1)
  return id
}

async function ledgerOf(id: string) {
  const accepted = await w.simulator.ledger()
  return { accepted, campaign: await w.counters(id) }
}

/** What no line of ours does: a row of the ledger says something else than its columns. */
async function damageCounts(id: string): Promise<void> {
  const table = await w.deps.factsTable(campaignMonth(id))
  const partition = factPartition(w.workspaceId, id)
  const row = (await table.read(partition, factKey(0)))!
  await table.write([{ ...row, cells: { ...row.cells, count_sent: 7 } }])
}

describe('a ledger that does not add up', () => {
  it('is made from the pages again, and the campaign completes with the right counters', async () => {
    const id = await sent()
    await damageCounts(id)
    const before = (await ledgerOf(id)).accepted
    await w.settle()
    const { accepted, campaign } = await ledgerOf(id)
    expect(campaign).toMatchObject({ status: 'COMPLETED', sent_count: 200, total_contacts: 200, failure_reason: null })
    expect(accepted).toEqual(before)
  })

  it('ends the campaign as FAILED, with the reason, where that does not help; nobody is sent to again', async () => {
    const id = await sent()
    const store = pageStore(w.deps)
    const plan = (await store.plan(w.workspaceId, id))!
    await store.savePlan(plan, { ...plan.value, total: 201 }, [])
    const conductor = (await store.conductor(w.workspaceId, id))!
    const { pages } = plan.value
    await store.saveConductor(conductor, { ...conductor.value, planned: { pages, total: 201 } })
    const before = (await ledgerOf(id)).accepted
    await w.settle()
    const { accepted, campaign } = await ledgerOf(id)
    expect(campaign).toMatchObject({ status: 'FAILED', sent_count: 200, total_contacts: 201, completed_at: null })
    expect(campaign.failure_reason).toContain('200 outcomes for 201 recipients')
    expect(campaign.failed_at).not.toBeNull()
    expect(accepted).toEqual(before)
    const stored = await campaignStore(w.deps).get(w.workspaceId, id)
    expect(stored.value).toMatchObject({ in_motion: false })
    expect(await sweepCampaigns({ ...w.deps, now: () => new Date(Date.now() + 3_600_000) })).toBe(0)
    await expect(executeCampaign(w.deps, w.workspaceId, id)).rejects.toMatchObject({ code: 'campaign_not_sendable' })
    await deleteCampaign(w.deps, w.workspaceId, id)
  })
})
