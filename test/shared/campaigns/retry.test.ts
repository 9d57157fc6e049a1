import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { cancelCampaign } from '../../../shared/campaigns/cancel.ts'
import { executeCampaign } from '../../../shared/campaigns/execute.ts'
import { pauseCampaign } from '../../../shared/campaigns/pause.ts'
import { planCampaign } from '../../../shared/campaigns/plan.ts'
import { RecipientQuery, recipientsPage } from '../../../shared/campaigns/recipients.ts'
import { reopenForRetry } from '../../../shared/campaigns/reopen.ts'
import { CampaignRetry, retryCampaign } from '../../../shared/campaigns/retry.ts'
import { campaignStore } from '../../../shared/campaigns/store.ts'
import { sweepCampaigns } from '../../../shared/campaigns/sweep.ts'
import type { Deps } from '../../../shared/deps.ts'
import { recipientMessageId } from '../../../shared/ids.ts'
import { parseCallbackData } from '../../../shared/recipients/callback.ts'
import { pageStore } from '../../../shared/recipients/page-store.ts'
import { applyStatuses } from '../../../shared/webhooks/apply-statuses.ts'
import { aCampaignWorld, type CampaignWorld } from '../../support/campaign-world.ts'
import { applyConsent } from '../../support/consent.ts'

const CONTACTS = 40

let w: CampaignWorld
let id: string
beforeEach(async () => {
  w = await aCampaignWorld({ contacts: CONTACTS })
})
afterEach(() => w.close())

/** A campaign at rest in which Meta reported these recipients, by position, as failed with a code. */
async function completed(failures: Record<number, number> = {}): Promise<void> {
  id = await w.aCampaign()
  await executeCampaign(w.deps, w.workspaceId, id)
  await w.settle()
  for (const [position, code] of Object.entries(failures)) await webhook(Number(position), 'failed', { code })
}

/** What Meta reports about one sending to a recipient. */
async function webhook(position: number, status: string, { code = 0, round = 0 } = {}): Promise<void> {
  const messageId = recipientMessageId({ campaignId: id, page: 0, position })
  const item = {
    id: 'wamid.X',
    status,
    timestamp: '1790000000',
    biz_opaque_callback_data: round === 0 ? messageId : `${messageId}.${round}`,
    ...(code === 0 ? {} : { errors: [{ code }] }),
  }
  const value = { metadata: { phone_number_id: w.simulator.phoneNumberId }, statuses: [item] }
  const changes = [{ entry_id: '1', entry_time: null, field: 'messages', value }]
  await applyStatuses(w.deps, { received_at: new Date().toISOString(), changes })
}

function later(ms: number): Deps {
  return { ...w.deps, now: () => new Date(Date.now() + ms) }
}

async function retry(body: object = {}, deps: Deps = w.deps) {
  return (await retryCampaign(deps, w.workspaceId, id, CampaignRetry.parse(body))).retried
}

async function acceptedTo(position: number): Promise<number> {
  const page = (await pageStore(w.deps).page(w.workspaceId, id, 0))!.value
  const ledger = await w.simulator.control('GET', `ledger?to=${page.addresses[position]!.slice(1)}`)
  return (ledger as { accepted: number }).accepted
}

async function statusOf(position: number): Promise<string | undefined> {
  const query = RecipientQuery.parse({ limit: '100' })
  return (await recipientsPage(w.deps, w.workspaceId, id, query)).data[position]?.status
}

/** Invariant 3: everybody has one outcome, and the counters are those of the list. */
async function expectAtRest(status = 'COMPLETED') {
  const campaign = await w.counters(id)
  expect(campaign).toMatchObject({ status, pending_count: 0 })
  const { sent_count, failed_count, skipped_count, cancelled_count, uncertain_count } = campaign
  expect(sent_count + failed_count + skipped_count + cancelled_count + uncertain_count).toBe(CONTACTS)
  const { data } = await recipientsPage(w.deps, w.workspaceId, id, RecipientQuery.parse({ limit: '100' }))
  expect(data.filter((recipient) => recipient.status === 'failed')).toHaveLength(failed_count)
  expect(data.filter((recipient) => recipient.status === 'pending')).toEqual([])
  return campaign
}

describe('a retry', () => {
  it('sends again to those whose failure passes by itself, once, and the counters follow', async () => {
    await completed({ 0: 131049, 1: 131000, 2: 131026, 3: 131042 })
    expect(await w.counters(id)).toMatchObject({ sent_count: 36, failed_count: 4 })
    expect(await retry()).toEqual({ failed: 2, uncertain: 0, refused: { permanent: 1, account: 1 } })
    await w.settle()
    expect(await expectAtRest()).toMatchObject({ sent_count: 38, failed_count: 2 })
    expect([await acceptedTo(0), await acceptedTo(1), await acceptedTo(2), await acceptedTo(3)]).toEqual([2, 2, 1, 1])
    expect((await w.simulator.ledger()).accepted).toBe(CONTACTS + 2)
  })

  it.each([
    { body: { error_classes: ['account'] }, failed: 1, refused: {} },
    { body: { codes: [131026] }, failed: 0, refused: {} },
    { body: { codes: [131026], force: true }, failed: 1, refused: {} },
    { body: { codes: [131000, 131026] }, failed: 1, refused: { permanent: 1 } },
    { body: { force: true }, failed: 3, refused: { stopped_marketing: 1 } },
    { body: { codes: [131050], force: true }, failed: 0, refused: {} },
  ])('of $body takes $failed', async ({ body, failed, refused }) => {
    await completed({ 1: 131000, 2: 131026, 3: 131042, 4: 131050 })
    if (failed === 0) {
      await expect(retry(body)).rejects.toMatchObject({ code: 'campaign_not_sendable' })
      return
    }
    expect(await retry(body)).toEqual({ failed, uncertain: 0, refused })
    await w.settle()
    expect((await expectAtRest()).failed_count).toBe(4 - failed)
    expect(await acceptedTo(4)).toBe(1)
  })

  it('is done once when it is asked for twice at the same time, and refused while it runs', async () => {
    await completed({ 0: 131000 })
    const both = await Promise.allSettled([retry(), retry()])
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    await expect(retry()).rejects.toMatchObject({ code: 'campaign_not_sendable' })
    await w.settle()
    expect(await acceptedTo(0)).toBe(2)
    await expect(retry()).rejects.toMatchObject({ code: 'campaign_not_sendable' })
    await expectAtRest()
  })

  it('skips whoever opted out since, and leaves nobody counted twice', async () => {
    await completed({ 0: 131000, 1: 131000 })
    const page = (await pageStore(w.deps).page(w.workspaceId, id, 0))!.value
    await applyConsent(w.deps, w.workspaceId, page.contacts[0]!, false)
    await retry()
    await w.settle()
    expect(await expectAtRest()).toMatchObject({ skipped_count: 1, failed_count: 0, sent_count: 39 })
    expect([await acceptedTo(0), await acceptedTo(1)]).toEqual([1, 2])
  })

  it('sends nobody a second message whose first is reported as taken before it goes out', async () => {
    await completed({ 0: 131000, 1: 131000 })
    await retry()
    for (const message of w.taken('campaign-planning')) await planCampaign(w.deps, message)
    expect(await statusOf(0)).toBe('pending')
    await webhook(0, 'delivered')
    expect(await statusOf(0)).toBe('delivered')
    await w.settle()
    expect([await acceptedTo(0), await acceptedTo(1)]).toEqual([1, 2])
    expect(await expectAtRest()).toMatchObject({ sent_count: 40, delivered_count: 1, failed_count: 0 })
  })

  it('takes reports about each sending for what they are, in whatever order they come', async () => {
    await completed({ 0: 131000, 1: 131000, 2: 131000, 3: 131000 })
    await retry()
    await w.settle()
    // Late twins of the first failure change nothing.
    await webhook(0, 'failed', { code: 131000 })
    await webhook(0, 'sent')
    expect(await statusOf(0)).toBe('sent')
    // The second sending fails, too.
    await webhook(1, 'failed', { code: 131026, round: 1 })
    await webhook(1, 'sent', { round: 1 })
    expect(await statusOf(1)).toBe('failed')
    await webhook(2, 'read', { round: 1 })
    await webhook(3, 'failed', { code: 131049, round: 1 })
    expect(await expectAtRest()).toMatchObject({ sent_count: 38, read_count: 1, failed_count: 2 })
    expect(await retry()).toEqual({ failed: 1, uncertain: 0, refused: { permanent: 1 } })
    await w.settle()
    await webhook(3, 'failed', { code: 131049, round: 1 })
    expect(await statusOf(3)).toBe('sent')
    expect(await expectAtRest()).toMatchObject({ sent_count: 39, failed_count: 1 })
    expect(await acceptedTo(3)).toBe(3)
  })

  it('sends again to uncertain ones by name only, and takes late reports about the first sending', async () => {
    await w.simulator.fault({ match: {}, mode: { next: 3 }, effect: { kind: 'timeout', ms: 20 } })
    await completed()
    const states = (await pageStore(w.deps).page(w.workspaceId, id, 0))!.value.states
    const [one, two] = [...states.matchAll(/u/g)].map(({ index }) => index)
    const after = later(601_000)
    await expect(retry({}, after)).rejects.toMatchObject({ code: 'campaign_not_sendable' })
    await expect(retry({ statuses: ['uncertain'] })).rejects.toMatchObject({ code: 'campaign_not_sendable' })
    expect(await retry({ statuses: ['failed', 'uncertain'] }, after)).toEqual({ failed: 0, uncertain: 3, refused: {} })
    for (const message of w.taken('campaign-planning')) await planCampaign(w.deps, message)
    // Meta took the first after all; the other one it could not deliver.
    await webhook(one!, 'sent')
    await webhook(two!, 'failed', { code: 131000 })
    await w.settle()
    expect([await acceptedTo(one!), await acceptedTo(two!)]).toEqual([0, 1])
    expect(await expectAtRest()).toMatchObject({ sent_count: 40, uncertain_count: 0 })
    // The sending that was reported as taken is the one that counts: its failure, too.
    await webhook(one!, 'failed', { code: 131026 })
    expect(await statusOf(one!)).toBe('failed')
    expect(await expectAtRest()).toMatchObject({ sent_count: 39, failed_count: 1 })
  })

  it('tells Meta which sending a message is', async () => {
    await completed({ 0: 131000 })
    await retry()
    await w.settle()
    const messageId = recipientMessageId({ campaignId: id, page: 0, position: 0 })
    const again = await w.simulator.control('GET', `ledger?callback_prefix=${messageId}.1`)
    expect(again).toMatchObject({ accepted: 1 })
    expect(parseCallbackData(`${messageId}.1`)).toEqual({ id: messageId, round: 1 })
    expect(parseCallbackData(messageId)).toEqual({ id: messageId, round: 0 })
  })
})

describe('a retry that is interrupted', () => {
  /** Its planner stops between the page and its facts. */
  async function stoppedHalfWay(): Promise<void> {
    await completed({ 0: 131000, 1: 131000 })
    await retry()
    const facts: Deps['facts'] = { ...w.deps.facts, write: () => Promise.reject(new Error('the worker died')) }
    const [message] = w.taken('campaign-planning')
    await expect(planCampaign({ ...w.deps, facts }, message!)).rejects.toThrow('the worker died')
  }

  it('goes on when its planner died between a page and its facts', async () => {
    await stoppedHalfWay()
    expect(await sweepCampaigns(later(60_000))).toBe(1)
    await w.settle()
    expect(await expectAtRest()).toMatchObject({ sent_count: 40, failed_count: 0 })
    expect(await w.simulator.ledger()).toMatchObject({ accepted: 42, max_per_recipient: 2 })
  })

  it('leaves nobody pending when it is cancelled there', async () => {
    await stoppedHalfWay()
    await cancelCampaign(w.deps, w.workspaceId, id)
    await w.settle()
    expect(await expectAtRest('CANCELLED')).toMatchObject({ sent_count: 38, cancelled_count: 2, failed_count: 0 })
    expect((await w.simulator.ledger()).accepted).toBe(CONTACTS)
  })

  it('puts nobody back to pending after a cancel that came first', async () => {
    await completed({ 0: 131000 })
    await retry()
    const { value: campaign } = await campaignStore(w.deps).get(w.workspaceId, id)
    const [message] = w.taken('campaign-planning')
    await cancelCampaign(w.deps, w.workspaceId, id)
    await w.settle()
    expect(await reopenForRetry(w.deps, campaign, message!)).toBe(false)
    expect(await expectAtRest('CANCELLED')).toMatchObject({ sent_count: 39, failed_count: 1 })
  })

  it('keeps the rest of it through a pause, and sends nobody a third message', async () => {
    await completed({ 0: 131000, 1: 131000 })
    await retry()
    await pauseCampaign(w.deps, w.workspaceId, id)
    await w.settle()
    expect(await w.counters(id)).toMatchObject({ state: 'paused', failed_count: 2, pending_count: 0 })
    await executeCampaign(w.deps, w.workspaceId, id)
    for (const message of w.taken('campaign-planning')) await planCampaign(w.deps, message)
    await pauseCampaign(w.deps, w.workspaceId, id)
    await w.settle()
    expect(await w.counters(id)).toMatchObject({ state: 'paused', failed_count: 0, pending_count: 2 })
    await executeCampaign(w.deps, w.workspaceId, id)
    await w.settle()
    expect(await expectAtRest()).toMatchObject({ sent_count: 40, failed_count: 0 })
    expect(await w.simulator.ledger()).toMatchObject({ accepted: 42, max_per_recipient: 2 })
  })
})
