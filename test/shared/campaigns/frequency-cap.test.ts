import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { conductCampaign } from '../../../shared/campaigns/conduct.ts'
import { executeCampaign } from '../../../shared/campaigns/execute.ts'
import { pauseCampaign } from '../../../shared/campaigns/pause.ts'
import { planCampaign } from '../../../shared/campaigns/plan.ts'
import { preflightCampaign } from '../../../shared/campaigns/preflight.ts'
import { RecipientQuery, recipientsPage } from '../../../shared/campaigns/recipients.ts'
import { retryCampaign, CampaignRetry } from '../../../shared/campaigns/retry.ts'
import type { Deps } from '../../../shared/deps.ts'
import { pageStore } from '../../../shared/recipients/page-store.ts'
import { sendPage } from '../../../shared/recipients/send-page.ts'
import { templateStore } from '../../../shared/templates/store.ts'
import { updateWorkspace } from '../../../shared/workspaces/update.ts'
import { anotherInstance } from '../../support/another-instance.ts'
import { aCampaignWorld, type CampaignWorld } from '../../support/campaign-world.ts'
import { aStoredWorkspace } from '../../support/workspaces.ts'

const HOUR = 3_600_000
const CONTACTS = 200

let w: CampaignWorld
beforeEach(async () => {
  w = await aCampaignWorld({ contacts: CONTACTS })
  await aStoredWorkspace(w.deps, w.workspaceId)
  await cap({ messages: 1, hours: 24 })
})
afterEach(() => w.close())

async function cap(frequency_cap: { messages: number; hours: number } | null): Promise<void> {
  await updateWorkspace(w.deps, w.workspaceId, 'OWNER', { settings: { frequency_cap } })
}

/** Another process, so many milliseconds later: it shares nothing but the stores. */
function instance(laterMs = 0): Deps {
  return anotherInstance({ ...w.deps, now: () => new Date(Date.now() + laterMs) })
}

/** Planned and released, with its pages in the test's hands. */
async function released(deps = w.deps) {
  const id = await w.aCampaign()
  await executeCampaign(deps, w.workspaceId, id)
  for (const message of w.taken('campaign-planning')) await planCampaign(deps, message)
  for (const message of w.taken('campaign-release')) await conductCampaign(deps, message)
  return { id, pages: w.taken('outbound-sends') }
}

async function sent(deps = w.deps): Promise<string> {
  const { id, pages } = await released(deps)
  for (const message of pages) await sendPage(deps, message)
  return id
}

describe('a frequency cap', () => {
  it('skips whoever was sent enough by another campaign, with a reason, until the hours are over', async () => {
    const first = await sent()
    const second = await sent()
    await w.settle()
    expect(await w.counters(first)).toMatchObject({ sent_count: CONTACTS, skipped_count: 0 })
    expect(await w.counters(second)).toMatchObject({ sent_count: 0, skipped_count: CONTACTS, pending_count: 0 })
    const third = await sent(instance(25 * HOUR))
    expect(await w.counters(third)).toMatchObject({ sent_count: CONTACTS, skipped_count: 0 })
    expect((await w.simulator.ledger()).accepted).toBe(2 * CONTACTS)
  })

  it('holds for two campaigns that send at once through two workers', async () => {
    const [one, other] = [await released(), await released()]
    const workers = [instance(), instance()]
    const both = one.pages.flatMap((message, index) => [message, other.pages[index]!])
    await Promise.all(both.map((message, index) => sendPage(workers[index % 2]!, message)))
    await w.settle()
    const [a, b] = [await w.counters(one.id), await w.counters(other.id)]
    expect(a.sent_count + b.sent_count).toBe(CONTACTS)
    expect(a.skipped_count + b.skipped_count).toBe(CONTACTS)
    expect([a.status, b.status]).toEqual(['COMPLETED', 'COMPLETED'])
    expect(await w.simulator.ledger()).toMatchObject({ accepted: CONTACTS, max_per_recipient: 1 })
  })

  it('counts a recipient once, whoever counted them and died, and however often they are tried', async () => {
    const { id, pages } = await released()
    const died = new Error('killed between counting and sending')
    const dying = anotherInstance(w.deps, { reserve: () => Promise.reject(died) })
    for (const message of pages) {
      await expect(sendPage(dying, message)).rejects.toBe(died)
    }
    // Passing trouble with one of them, then everybody again.
    await w.simulator.fault({
      match: { to: '15551000003' },
      mode: { next: 1 },
      effect: { kind: 'graph_error', code: 131016 },
    })
    for (const message of pages) await sendPage(instance(), message)
    for (const message of w.taken('outbound-sends')) await sendPage(instance(10_000), message)
    await w.settle()
    expect(await w.counters(id)).toMatchObject({ status: 'COMPLETED', sent_count: CONTACTS, skipped_count: 0 })
    expect(await w.simulator.ledger()).toMatchObject({ accepted: CONTACTS, max_per_recipient: 1 })
  })

  it('lets a person send again to those who failed', async () => {
    await w.simulator.fault({
      match: { to: '15551000003' },
      mode: { next: 1 },
      effect: { kind: 'graph_error', code: 100 },
    })
    const id = await sent()
    await w.settle()
    expect(await w.counters(id)).toMatchObject({ status: 'COMPLETED', sent_count: CONTACTS - 1, failed_count: 1 })
    await retryCampaign(w.deps, w.workspaceId, id, CampaignRetry.parse({ force: true }))
    await w.settle()
    expect(await w.counters(id)).toMatchObject({ status: 'COMPLETED', sent_count: CONTACTS, failed_count: 0 })
  })

  it('does not count whom a campaign left: paused before it sent, or refused by Meta', async () => {
    const { id, pages } = await released()
    const [first, ...rest] = pages
    const page = await pageStore(w.deps).page(w.workspaceId, id, first!.page)
    const to = page!.value.addresses[3]!.slice(1)
    await w.simulator.fault({ match: { to }, mode: { next: 1 }, effect: { kind: 'graph_error', code: 100 } })
    await sendPage(w.deps, first!)
    const before = await w.counters(id)
    // A pause that is heard after the worker waited for its slot.
    const worker = instance()
    const sleep: Deps['sleep'] = async () => {
      await pauseCampaign(w.deps, w.workspaceId, id).catch(() => undefined)
      worker.gates.forget(w.workspaceId, id)
    }
    await sendPage({ ...worker, sleep }, rest[0]!)
    expect((await w.counters(id)).sent_count).toBe(before.sent_count)
    const other = await sent(instance())
    const { sent_count, skipped_count } = await w.counters(other)
    expect(skipped_count).toBe(before.sent_count)
    expect(sent_count).toBe(CONTACTS - before.sent_count)
  })

  it('is for marketing only, and of no effect where it is not set', async () => {
    await sent()
    await cap(null)
    const second = await sent(instance())
    expect(await w.counters(second)).toMatchObject({ sent_count: CONTACTS, skipped_count: 0 })
    await cap({ messages: 1, hours: 24 })
    const stored = (await templateStore(w.deps.containers).find(w.workspaceId, w.templateId))!
    await templateStore(w.deps.containers).replace(stored, { ...stored.value, category: 'UTILITY' })
    const third = await sent(instance())
    expect(await w.counters(third)).toMatchObject({ sent_count: CONTACTS, skipped_count: 0 })
  })

  it('is foretold by the preflight, and explained for each recipient', async () => {
    const first = await sent()
    const id = await w.aCampaign()
    const foretold = await preflightCampaign(w.deps, w.workspaceId, id)
    expect(foretold.totals).toMatchObject({
      would_send: 0,
      skipped: [{ reason: 'frequency_cap', count: CONTACTS }],
    })
    // What a campaign has sent itself is not held against it.
    expect((await preflightCampaign(w.deps, w.workspaceId, first)).totals.would_send).toBe(CONTACTS)
    await executeCampaign(w.deps, w.workspaceId, id)
    await w.settle()
    const query = RecipientQuery.parse({ limit: '5', reason: 'frequency_cap' })
    const { data } = await recipientsPage(w.deps, w.workspaceId, id, query)
    expect(data).toHaveLength(5)
    expect(data[0]).toMatchObject({ status: 'skipped', error: { reason: 'frequency_cap' } })
  })
})
