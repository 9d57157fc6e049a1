import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { applyConsent } from '../../support/consent.ts'
import { conductCampaign } from '../../../shared/campaigns/conduct.ts'
import { executeCampaign } from '../../../shared/campaigns/execute.ts'
import { planCampaign } from '../../../shared/campaigns/plan.ts'
import { RecipientQuery, recipientsPage } from '../../../shared/campaigns/recipients.ts'
import { CampaignRetry, retryCampaign } from '../../../shared/campaigns/retry.ts'
import { sweepCampaigns } from '../../../shared/campaigns/sweep.ts'
import { deleteContact } from '../../../shared/contacts/delete.ts'
import type { Deps } from '../../../shared/deps.ts'
import { recipientMessageId } from '../../../shared/ids.ts'
import { claimed, LEASE_MS } from '../../../shared/recipients/page.ts'
import { pageStore } from '../../../shared/recipients/page-store.ts'
import { sendPage } from '../../../shared/recipients/send-page.ts'
import { aCampaignWorld, addContacts, type CampaignWorld } from '../../support/campaign-world.ts'

const UNCERTAIN = CampaignRetry.parse({ statuses: ['uncertain'] })

let w: CampaignWorld
beforeEach(async () => {
  w = await aCampaignWorld({ contacts: 40 })
})
afterEach(() => w.close())

async function released(variables?: Parameters<CampaignWorld['aCampaign']>[0]): Promise<string> {
  const id = await w.aCampaign(variables)
  await executeCampaign(w.deps, w.workspaceId, id)
  for (const message of w.taken('campaign-planning')) await planCampaign(w.deps, message)
  for (const message of w.taken('campaign-release')) await conductCampaign(w.deps, message)
  return id
}

/** The same world, so many milliseconds later. */
function later(ms: number): Deps {
  return { ...w.deps, now: () => new Date(Date.now() + ms) }
}

async function sendAll(deps: Deps = w.deps): Promise<void> {
  for (const message of w.taken('outbound-sends')) await sendPage(deps, message)
}

describe('a campaign in trouble', () => {
  it('leaves the block of a dead worker uncertain and sends to everybody else', async () => {
    const id = await released()
    const pages = pageStore(w.deps)
    const stored = await pages.page(w.workspaceId, id, 0)
    await pages.replacePage(stored!, claimed(stored!.value, [0, 1, 2], 'a worker that died', w.deps.now()))
    await sendAll()
    // The lease of the dead worker: nothing was sent, the page comes back when the lease is over.
    expect((await w.simulator.ledger()).accepted).toBe(0)
    const delaySeconds = w.queued.find(({ queue }) => queue === 'outbound-sends')?.delaySeconds
    expect(delaySeconds).toBeGreaterThan(LEASE_MS / 1000 - 5)
    await sendAll(later(LEASE_MS + 1))
    await w.settle()
    expect(await w.counters(id)).toMatchObject({
      status: 'COMPLETED',
      sent_count: 37,
      uncertain_count: 3,
      failed_count: 0,
    })
    expect(await w.simulator.ledger()).toMatchObject({ accepted: 37, max_per_recipient: 1 })
  })

  it.each([132000, 132001])('has Meta asked for the template that it refuses as another one (%i)', async (code) => {
    await w.simulator.fault({ match: { path: 'messages' }, mode: 'always', effect: { kind: 'graph_error', code } })
    await released()
    await sendAll(later(180_000))
    const asked = w.taken('template-submissions')
    expect(asked.length).toBeGreaterThanOrEqual(1)
    expect(asked.every(({ refresh }) => refresh === true)).toBe(true)
  })

  it('does not send again when the answer was lost, and believes the status that comes', async () => {
    await w.simulator.fault({ match: {}, mode: { next: 5 }, effect: { kind: 'answer_lost', ms: 0 } })
    const id = await released()
    await w.settle()
    expect(await w.counters(id)).toMatchObject({ status: 'COMPLETED', sent_count: 35, uncertain_count: 5 })
    expect(await w.simulator.ledger()).toMatchObject({ accepted: 40, max_per_recipient: 1 })
    const status = (position: number) => ({ status: { page: 0, position, kind: 'sent' as const, at: 1, code: 0 } })
    const all = Array.from({ length: 40 }, (_, position) => status(position))
    await w.deps.facts.write(w.workspaceId, id, all)
    expect(await w.counters(id)).toMatchObject({ sent_count: 40, uncertain_count: 0 })
  })

  it('sends again to uncertain recipients when a person asks for it, after Meta had time to report', async () => {
    await w.simulator.fault({ match: {}, mode: { next: 4 }, effect: { kind: 'timeout', ms: 50 } })
    const id = await released()
    await w.settle()
    expect(await w.counters(id)).toMatchObject({ sent_count: 36, uncertain_count: 4 })
    await expect(retryCampaign(w.deps, w.workspaceId, id, UNCERTAIN)).rejects.toMatchObject({
      code: 'campaign_not_sendable',
    })
    await retryCampaign(later(601_000), w.workspaceId, id, UNCERTAIN)
    await w.settle()
    expect(await w.counters(id)).toMatchObject({ status: 'COMPLETED', sent_count: 40, uncertain_count: 0 })
    expect(await w.simulator.ledger()).toMatchObject({ accepted: 40, max_per_recipient: 1 })
    await expect(retryCampaign(later(1_300_000), w.workspaceId, id, UNCERTAIN)).rejects.toMatchObject({
      code: 'campaign_not_sendable',
    })
  })

  it('does not send again to an uncertain recipient whose status came before the retry', async () => {
    await w.simulator.fault({ match: {}, mode: { next: 2 }, effect: { kind: 'answer_lost', ms: 0 } })
    const id = await released()
    await w.settle()
    const [first] = (await pageStore(w.deps).page(w.workspaceId, id, 0))!.value.states.matchAll(/u/g)
    await w.deps.facts.write(w.workspaceId, id, [
      { status: { page: 0, position: first!.index, kind: 'delivered', at: 1, code: 0 } },
    ])
    await retryCampaign(later(601_000), w.workspaceId, id, UNCERTAIN)
    await w.settle()
    // Only the other one, whose acceptance nobody reported, was sent to again: on request.
    expect((await w.simulator.ledger()).accepted).toBe(41)
  })

  it('fails a recipient with Meta’s code and a reason, and nobody else', async () => {
    const to = '15551000003'
    await w.simulator.fault({ match: { to }, mode: 'always', effect: { kind: 'graph_error', code: 131026 } })
    const id = await released()
    await w.settle()
    expect(await w.counters(id)).toMatchObject({ status: 'COMPLETED', sent_count: 39, failed_count: 1 })
    expect((await w.counters(id)).failures).toEqual([expect.objectContaining({ code: 131026, count: 1 })])
  })

  it('slows down and tries again when the number is too fast', async () => {
    await w.simulator.fault({ match: {}, mode: { next: 10 }, effect: { kind: 'graph_error', code: 130429 } })
    const id = await released()
    await sendAll()
    expect((await w.simulator.ledger()).accepted).toBe(30)
    await sendAll(later(10_000))
    await w.settle()
    expect(await w.counters(id)).toMatchObject({ status: 'COMPLETED', sent_count: 40, failed_count: 0 })
    expect(await w.simulator.ledger()).toMatchObject({ accepted: 40, max_per_recipient: 1 })
  })

  it('delays only the recipient who got too many messages', async () => {
    const to = '15551000005'
    await w.simulator.fault({
      match: { to },
      mode: { next: 1 },
      effect: { kind: 'graph_error', code: 131056 },
    })
    const id = await released()
    await sendAll()
    expect((await w.simulator.ledger()).accepted).toBe(39)
    await sendAll(later(5_000))
    await w.settle()
    expect(await w.counters(id)).toMatchObject({ status: 'COMPLETED', sent_count: 40 })
  })

  it('gives up on a recipient after a few tries', async () => {
    const to = '15551000007'
    await w.simulator.fault({ match: { to }, mode: 'always', effect: { kind: 'graph_error', code: 131016 } })
    const id = await released()
    for (let round = 1; round <= 6; round++) await sendAll(later(round * 100_000))
    await w.settle()
    expect(await w.counters(id)).toMatchObject({ status: 'COMPLETED', sent_count: 39, failed_count: 1 })
  })

  it('pauses itself with a reason when Meta refuses the token, and sends the rest after it is resumed', async () => {
    await w.simulator.fault({
      match: { path: 'messages' },
      mode: 'always',
      effect: { kind: 'graph_error', code: 190 },
    })
    const id = await released()
    await w.settle()
    const paused = await w.counters(id)
    expect(paused).toMatchObject({
      status: 'SCHEDULED',
      state: 'paused',
      sent_count: 0,
      failed_count: 0,
      pending_count: 40,
    })
    expect(paused.pause_reason).toContain('access token')
    await w.simulator.clearFaults()
    await executeCampaign(w.deps, w.workspaceId, id)
    await w.settle()
    expect(await w.counters(id)).toMatchObject({ status: 'COMPLETED', sent_count: 40, pause_reason: null })
  })

  it('skips whoever opted out after planning', async () => {
    const id = await released()
    const page = (await pageStore(w.deps).page(w.workspaceId, id, 0))!.value
    await applyConsent(w.deps, w.workspaceId, page.contacts[4]!, false)
    await w.settle()
    expect(await w.counters(id)).toMatchObject({ status: 'COMPLETED', sent_count: 39, skipped_count: 1 })
    expect((await w.simulator.control('GET', `ledger?to=${page.addresses[4]!.slice(1)}`)) as object).toMatchObject({
      accepted: 0,
    })
  })

  it('skips whoever was deleted after planning, and says so', async () => {
    const id = await released()
    const page = (await pageStore(w.deps).page(w.workspaceId, id, 0))!.value
    await deleteContact(w.deps, w.workspaceId, page.contacts[4]!)
    await w.settle()
    expect(await w.counters(id)).toMatchObject({ status: 'COMPLETED', sent_count: 39, skipped_count: 1 })
    const query = RecipientQuery.parse({ status: 'skipped', reason: 'contact_deleted' })
    const { data } = await recipientsPage(w.deps, w.workspaceId, id, query)
    expect(data).toMatchObject([
      { contact_id: page.contacts[4], error: { title: expect.stringMatching(/deleted/) as unknown } },
    ])
  })

  it('counts whoever lacks a value the template needs as skipped', async () => {
    const nameless = await aCampaignWorld({ contacts: 0 })
    await addContacts(nameless.deps, nameless.workspaceId, { count: 3, name: null })
    const id = await nameless.aCampaign({ 'body.1': { field: 'name' } })
    await executeCampaign(nameless.deps, nameless.workspaceId, id)
    await nameless.settle()
    expect(await nameless.counters(id)).toMatchObject({
      status: 'COMPLETED',
      total_contacts: 3,
      skipped_count: 3,
      sent_count: 0,
    })
    await nameless.close()
  })

  it('is woken by the sweeper when every queue message was lost', async () => {
    const id = await w.aCampaign()
    await executeCampaign(w.deps, w.workspaceId, id)
    w.queued.splice(0)
    expect(await sweepCampaigns(w.deps)).toBe(0)
    expect(await sweepCampaigns(later(60_000))).toBe(1)
    await w.settle()
    expect(await w.counters(id)).toMatchObject({ status: 'COMPLETED', sent_count: 40 })
    expect(await sweepCampaigns(later(120_000))).toBe(0)
  })

  it('queues its pages again when one got lost', async () => {
    const id = await released()
    w.taken('outbound-sends')
    const [turn] = w.taken('campaign-release')
    await conductCampaign(later(61_000), turn!)
    await w.settle()
    expect(await w.counters(id)).toMatchObject({ status: 'COMPLETED', sent_count: 40 })
  })

  it('lets a second chain of turns end by itself', async () => {
    await released()
    const [turn] = w.taken('campaign-release')
    await Promise.all([conductCampaign(w.deps, turn!), conductCampaign(w.deps, turn!)])
    expect(w.taken('campaign-release')).toHaveLength(1)
  })

  it('counts nothing for pages and positions that do not exist', async () => {
    const id = await released()
    await w.settle()
    const stray = (page: number, position: number) => ({
      status: { page, position, kind: 'read' as const, at: 1, code: 0 },
    })
    await w.deps.facts.write(w.workspaceId, id, [stray(0, 100), stray(7, 0)])
    expect(await w.counters(id)).toMatchObject({ status: 'COMPLETED', sent_count: 40, read_count: 0 })
  })

  it('tells Meta our own id of each message', async () => {
    const id = await released()
    await w.settle()
    const page = (await pageStore(w.deps).page(w.workspaceId, id, 0))!.value
    const expected = recipientMessageId({ campaignId: id, page: 0, position: 7 })
    const found = (await w.simulator.control('GET', `ledger?callback_prefix=${expected}`)) as object
    expect(found).toMatchObject({ accepted: 1 })
    expect(page.wamids['7']).toMatch(/^wamid\./)
  })
})
