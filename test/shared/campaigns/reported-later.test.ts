import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { campaignStore } from '../../../shared/campaigns/store.ts'
import { contactStore } from '../../../shared/contacts/store.ts'
import { phoneNumberStore } from '../../../shared/phone-numbers/store.ts'
import { syncPhoneNumber } from '../../../shared/phone-numbers/sync.ts'
import { pageStore } from '../../../shared/recipients/page-store.ts'
import { sendPage } from '../../../shared/recipients/send-page.ts'
import { aSendingCampaign, pauseReasonOf, reportFailed, sendPages } from '../../support/campaign-steps.ts'
import { aCampaignWorld, type CampaignWorld } from '../../support/campaign-world.ts'
import { crash, interrupted } from '../../support/tenants.ts'

const HOUR_MS = 3_600_000

let w: CampaignWorld
beforeEach(async () => {
  w = await aCampaignWorld({ contacts: 400 })
})
afterEach(() => w.close())

async function numberNow() {
  return (await phoneNumberStore(w.deps.containers).find(w.workspaceId, w.phoneNumberId))!.value
}

async function holdOf(id: string) {
  return (await campaignStore(w.deps).find(w.workspaceId, id))!.value.hold
}

describe('a campaign of which Meta reports failures later', () => {
  it.each([
    [132015, /template/],
    [131042, /payment/],
    [368, /policy/],
  ])('pauses itself for %i', async (code, words) => {
    const id = await aSendingCampaign(w)
    const [first, ...rest] = w.taken('outbound-sends')
    await sendPage(w.deps, first!)
    await reportFailed(w, id, { code })
    expect(await pauseReasonOf(w, id)).toMatch(words)
    for (const message of rest) await sendPage(w.deps, message)
    expect((await w.simulator.ledger()).accepted).toBe(128)
  })

  it('pauses itself for those of another one, which is over, if the number cannot send', async () => {
    const over = await aSendingCampaign(w)
    await w.settle()
    expect(await w.counters(over)).toMatchObject({ status: 'COMPLETED' })
    const id = await aSendingCampaign(w)
    await reportFailed(w, over, { code: 131042 })
    expect(await pauseReasonOf(w, id)).toMatch(/payment/)
    const { trouble } = await numberNow()
    expect(trouble).toMatchObject({ kind: 'account', reason: expect.stringContaining('131042') as unknown })
  })

  it('goes on when Meta gives no reason', async () => {
    const id = await aSendingCampaign(w)
    await reportFailed(w, id, { code: undefined })
    expect(await w.counters(id)).toMatchObject({ status: 'SENDING', failed_count: 1 })
    expect((await numberNow()).trouble).toBeNull()
  })

  it('goes on when they are of messages from before a person resumed it', async () => {
    const id = await aSendingCampaign(w)
    const late = { status: { page: 0, position: 0, kind: 'failed' as const, at: 1, code: 0 } }
    await w.deps.facts.write(w.workspaceId, id, [late])
    await reportFailed(w, id, { code: 131042, positions: [1] }, { secondsAgo: 3600 })
    expect(await w.counters(id)).toMatchObject({ status: 'SENDING' })
  })
})

describe('a number about which Meta reports later', () => {
  it('is not marked once it was asked about since, and what a person started since goes on', async () => {
    const id = await aSendingCampaign(w)
    const campaigns = campaignStore(w.deps)
    const stored = (await campaigns.find(w.workspaceId, id))!
    const later = { ...w.deps, now: () => new Date(Date.now() + 20_000) }
    await campaigns.replace(stored, { ...stored.value, updated_at: later.now().toISOString() })
    await syncPhoneNumber(later, w.workspaceId, w.phoneNumberId)
    await reportFailed(w, id, { code: 131042, positions: [0] }, { deps: later })
    expect((await numberNow()).trouble).toBeNull()
    expect(await w.counters(id)).toMatchObject({ status: 'SENDING' })
  })

  it('holds its campaign from when Meta said so, however often and late it is told', async () => {
    const id = await aSendingCampaign(w)
    await reportFailed(w, id, { code: 131048 })
    const hold = await holdOf(id)
    expect(Date.parse(hold!.until) - Date.now()).toBeLessThanOrEqual(4 * HOUR_MS + 1000)
    await reportFailed(w, id, { code: 131048, positions: [1] }, { secondsAgo: 60 })
    const later = { ...w.deps, now: () => new Date(Date.now() + 5 * HOUR_MS) }
    await reportFailed(w, id, { code: 131048, positions: [0] }, { deps: later })
    expect(await holdOf(id)).toEqual(hold)
  })
})

describe('people about whom Meta reports later', () => {
  it('are noted when it comes again, if their contacts could not be written', async () => {
    const id = await aSendingCampaign(w)
    await sendPages(w)
    const page = (await pageStore(w.deps).page(w.workspaceId, id, 0))!.value
    const broken = interrupted(w.deps, 'contacts', 'batch', crash)
    await expect(reportFailed(w, id, { code: 131050, positions: [3] }, { deps: broken })).rejects.toThrow('killed')
    await reportFailed(w, id, { code: 131050, positions: [3] })
    const stored = await contactStore(w.deps.containers).find(w.workspaceId, page.contacts[3]!)
    expect(stored?.value).toMatchObject({ opted_in: false, opted_in_source: 'meta' })
    expect((await w.counters(id)).failed_count).toBe(1)
  })

  it('told in answer to a send keep no block from being recorded', async () => {
    const effect = { kind: 'graph_error', code: 131050 }
    await w.simulator.fault({ match: { path: 'messages' }, mode: { next: 1 }, effect })
    const id = await aSendingCampaign(w)
    const [first] = w.taken('outbound-sends')
    await sendPage(interrupted(w.deps, 'contacts', 'batch', crash), first!)
    expect(await w.counters(id)).toMatchObject({ sent_count: 127, failed_count: 1 })
  })

  it('are noted with their contacts', async () => {
    const id = await aSendingCampaign(w)
    await sendPages(w)
    await reportFailed(w, id, { code: 131050, positions: [3] })
    await reportFailed(w, id, { code: 130497, positions: [4, 5] })
    const page = (await pageStore(w.deps).page(w.workspaceId, id, 0))!.value
    const contact = async (at: number) =>
      (await contactStore(w.deps.containers).find(w.workspaceId, page.contacts[at]!))!.value
    expect(await contact(3)).toMatchObject({ opted_in: false, opted_in_source: 'meta' })
    expect(await contact(4)).toMatchObject({ opted_in: true, unreachable: { code: 130497 } })
    expect(await contact(5)).toMatchObject({ unreachable: { code: 130497 } })
    const { trouble } = await numberNow()
    expect(trouble).toMatchObject({ kind: 'warning', reason: expect.stringContaining('130497') as unknown })
    expect((await contact(6)).unreachable).toBeUndefined()
  })
})
