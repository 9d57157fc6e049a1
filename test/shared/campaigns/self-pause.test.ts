import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { conductCampaign } from '../../../shared/campaigns/conduct.ts'
import { executeCampaign } from '../../../shared/campaigns/execute.ts'
import { worstKind } from '../../../shared/campaigns/judge-failures.ts'
import { planCampaign } from '../../../shared/campaigns/plan.ts'
import { campaignStore } from '../../../shared/campaigns/store.ts'
import { contactStore } from '../../../shared/contacts/store.ts'
import { recipientMessageId } from '../../../shared/ids.ts'
import { syncPhoneNumber } from '../../../shared/phone-numbers/sync.ts'
import { updatePhoneNumber } from '../../../shared/phone-numbers/update.ts'
import { noCounts } from '../../../shared/recipients/fact-row.ts'
import { gates } from '../../../shared/recipients/gate.ts'
import { phoneNumberStore } from '../../../shared/phone-numbers/store.ts'
import { pageStore } from '../../../shared/recipients/page-store.ts'
import { sendPage } from '../../../shared/recipients/send-page.ts'
import { templateStore } from '../../../shared/templates/store.ts'
import { applyAccountEvents } from '../../../shared/webhooks/apply-account.ts'
import { applyStatuses } from '../../../shared/webhooks/apply-statuses.ts'
import { updateWorkspace } from '../../../shared/workspaces/update.ts'
import { aCampaignWorld, type CampaignWorld } from '../../support/campaign-world.ts'
import { crash, interrupted } from '../../support/tenants.ts'
import { sample } from '../../support/webhooks.ts'
import { aStoredWorkspace } from '../../support/workspaces.ts'

const HOUR_MS = 3_600_000

let w: CampaignWorld
beforeEach(async () => {
  w = await aCampaignWorld({ contacts: 400 })
})
afterEach(() => w.close())

/** Sending, with its first pages in the test's hands. */
async function sending(): Promise<string> {
  const id = await w.aCampaign()
  await executeCampaign(w.deps, w.workspaceId, id)
  for (const message of w.taken('campaign-planning')) await planCampaign(w.deps, message)
  await turn()
  return id
}

async function turn(): Promise<void> {
  for (const message of w.taken('campaign-release')) await conductCampaign(w.deps, message)
}

async function sendPages(): Promise<void> {
  for (const message of w.taken('outbound-sends')) await sendPage(w.deps, message)
}

async function reasonOf(id: string): Promise<string | null> {
  const campaign = await w.counters(id)
  return campaign.state === 'paused' ? campaign.pause_reason : `not paused but ${campaign.status}`
}

const now = () => new Date().toISOString()

/** An account event as Meta sends it, about the simulator's account. */
async function told(name: string, change: (value: Record<string, unknown>) => void = () => undefined): Promise<void> {
  const changes = sample(name).entry.flatMap(({ changes }) => changes)
  for (const { field, value } of changes) {
    change(value)
    // After the approval, which this world dates a second ahead.
    const event = {
      entry_id: w.simulator.wabaId,
      entry_time: Math.ceil(Date.now() / 1000) + 5,
      field,
      value,
    }
    await applyAccountEvents(w.deps, { received_at: now(), changes: [event] })
  }
}

/** Undefined: Meta gives no reason. */
async function failed(id: string, code: number | undefined, positions = [0], { deps = w.deps, secondsAgo = 0 } = {}) {
  const statuses = positions.map((position) => ({
    id: `wamid.${position}`,
    status: 'failed',
    timestamp: String(Math.ceil(Date.now() / 1000) - secondsAgo),
    biz_opaque_callback_data: recipientMessageId({ campaignId: id, page: 0, position }),
    ...(code === undefined ? {} : { errors: [{ code }] }),
  }))
  const value = { metadata: { phone_number_id: w.simulator.phoneNumberId }, statuses }
  const change = { entry_id: w.simulator.wabaId, entry_time: null, field: 'messages', value }
  await applyStatuses(deps, { received_at: now(), changes: [change] })
}

async function numberNow() {
  return (await phoneNumberStore(w.deps.containers).find(w.workspaceId, w.phoneNumberId))!.value
}

async function holdOf(id: string) {
  return (await campaignStore(w.deps).find(w.workspaceId, id))!.value.hold
}

describe('a campaign pauses itself', () => {
  it.each([
    ['template-status-paused', 'paused'],
    ['template-status-disabled', 'disabled'],
  ])('when Meta reports %s', async (name, word) => {
    const id = await sending()
    const template = (await templateStore(w.deps.containers).find(w.workspaceId, w.templateId))!.value
    await told(name, (value) => {
      value['message_template_id'] = template.meta_template_id
      value['message_template_name'] = template.name
      value['message_template_language'] = template.language
    })
    w.deps.gates = gates(w.deps)
    await sendPages()
    expect(await reasonOf(id)).toMatch(new RegExp(`^Meta ${word} the template.*autumn_greeting`))
    expect((await w.simulator.ledger()).accepted).toBe(0)
  })

  it('when its number is disabled here', async () => {
    const id = await sending()
    await updatePhoneNumber(w.deps, w.workspaceId, w.phoneNumberId, { status: 'disabled' })
    expect(await reasonOf(id)).toBe('The phone number is disabled')
  })

  it('when its number becomes RED, until a person resumes it', async () => {
    const id = await sending()
    const number = `phone-numbers/${w.simulator.phoneNumberId}`
    await w.simulator.control('PATCH', number, { quality_rating: 'RED' })
    await told('phone-number-quality-update', (value) => (value['event'] = 'FLAGGED'))
    expect(await reasonOf(id)).toMatch(/RED/)
    await executeCampaign(w.deps, w.workspaceId, id)
    await syncPhoneNumber(w.deps, w.workspaceId, w.phoneNumberId)
    await w.settle()
    expect(await w.counters(id)).toMatchObject({ status: 'COMPLETED', sent_count: 400 })
  })

  it('not when the workspace wants to go on with a RED number', async () => {
    await aStoredWorkspace(w.deps, w.workspaceId)
    await updateWorkspace(w.deps, w.workspaceId, 'OWNER', { settings: { pause_on_red_quality: false } })
    const id = await sending()
    const number = `phone-numbers/${w.simulator.phoneNumberId}`
    await w.simulator.control('PATCH', number, { quality_rating: 'RED' })
    await told('phone-number-quality-update')
    await w.settle()
    expect(await w.counters(id)).toMatchObject({ status: 'COMPLETED' })
  })

  it.each([
    ['account-update-disabled', /disabled/],
    ['account-update-restriction', /restricted/],
    ['account-update-partner-removed', /disconnected/],
  ])('when Meta reports %s', async (name, words) => {
    const id = await sending()
    await told(name, (value) => {
      if ('waba_info' in value) value['waba_info'] = { waba_id: w.simulator.wabaId }
    })
    expect(await reasonOf(id)).toMatch(words)
    await sendPages()
    expect((await w.simulator.ledger()).accepted).toBe(0)
  })

  it.each([
    [132015, /template/],
    [131042, /payment/],
    [368, /policy/],
  ])('when Meta reports failures with %i later', async (code, words) => {
    const id = await sending()
    const [first, ...rest] = w.taken('outbound-sends')
    await sendPage(w.deps, first!)
    await failed(id, code)
    expect(await reasonOf(id)).toMatch(words)
    for (const message of rest) await sendPage(w.deps, message)
    expect((await w.simulator.ledger()).accepted).toBe(128)
  })

  it('when failures of another one, which is over, tell that the number cannot send', async () => {
    const over = await sending()
    await w.settle()
    expect(await w.counters(over)).toMatchObject({ status: 'COMPLETED' })
    const id = await sending()
    await failed(over, 131042)
    expect(await reasonOf(id)).toMatch(/payment/)
    const { trouble } = await numberNow()
    expect(trouble).toMatchObject({ kind: 'account', reason: expect.stringContaining('131042') as unknown })
  })

  it('not when Meta reports a failure later and gives no reason', async () => {
    const id = await sending()
    await failed(id, undefined)
    expect(await w.counters(id)).toMatchObject({ status: 'SENDING', failed_count: 1 })
    expect((await phoneNumberStore(w.deps.containers).find(w.workspaceId, w.phoneNumberId))!.value.trouble).toBeNull()
  })

  it('not for what Meta reports about messages from before a person resumed it', async () => {
    const id = await sending()
    const late = { status: { page: 0, position: 0, kind: 'failed' as const, at: 1, code: 0 } }
    await w.deps.facts.write(w.workspaceId, id, [late])
    const value = {
      metadata: { phone_number_id: w.simulator.phoneNumberId },
      statuses: [
        {
          status: 'failed',
          timestamp: String(Math.floor(Date.now() / 1000) - 3600),
          biz_opaque_callback_data: recipientMessageId({ campaignId: id, page: 0, position: 1 }),
          errors: [{ code: 131042 }],
        },
      ],
    }
    const change = { entry_id: '1', entry_time: null, field: 'messages', value }
    await applyStatuses(w.deps, { received_at: now(), changes: [change] })
    expect(await w.counters(id)).toMatchObject({ status: 'SENDING' })
  })
})

describe('a number about which Meta reports later', () => {
  it('is not marked once it was asked about since, and what a person started since goes on', async () => {
    const id = await sending()
    const campaigns = campaignStore(w.deps)
    const stored = (await campaigns.find(w.workspaceId, id))!
    const later = { ...w.deps, now: () => new Date(Date.now() + 20_000) }
    await campaigns.replace(stored, { ...stored.value, updated_at: later.now().toISOString() })
    await syncPhoneNumber(later, w.workspaceId, w.phoneNumberId)
    await failed(id, 131042, [0], { deps: later })
    expect((await numberNow()).trouble).toBeNull()
    expect(await w.counters(id)).toMatchObject({ status: 'SENDING' })
  })

  it('holds its campaign from when Meta said so, however often and late it is told', async () => {
    const id = await sending()
    await failed(id, 131048)
    const hold = await holdOf(id)
    expect(Date.parse(hold!.until) - Date.now()).toBeLessThanOrEqual(4 * HOUR_MS + 1000)
    await failed(id, 131048, [1], { secondsAgo: 60 })
    const later = { ...w.deps, now: () => new Date(Date.now() + 5 * HOUR_MS) }
    await failed(id, 131048, [0], { deps: later })
    expect(await holdOf(id)).toEqual(hold)
  })
})

describe('people about whom Meta reports later', () => {
  it('are noted when it comes again, if their contacts could not be written', async () => {
    const id = await sending()
    await sendPages()
    const page = (await pageStore(w.deps).page(w.workspaceId, id, 0))!.value
    const broken = interrupted(w.deps, 'contacts', 'batch', crash)
    await expect(failed(id, 131050, [3], { deps: broken })).rejects.toThrow('killed')
    await failed(id, 131050, [3])
    const stored = await contactStore(w.deps.containers).find(w.workspaceId, page.contacts[3]!)
    expect(stored?.value).toMatchObject({ opted_in: false, opted_in_source: 'meta' })
    expect((await w.counters(id)).failed_count).toBe(1)
  })

  it('told in answer to a send keep no block from being recorded', async () => {
    const effect = { kind: 'graph_error', code: 131050 }
    await w.simulator.fault({ match: { path: 'messages' }, mode: { next: 1 }, effect })
    const id = await sending()
    const [first] = w.taken('outbound-sends')
    await sendPage(interrupted(w.deps, 'contacts', 'batch', crash), first!)
    expect(await w.counters(id)).toMatchObject({ sent_count: 127, failed_count: 1 })
  })

  it('are noted with their contacts', async () => {
    const id = await sending()
    await sendPages()
    await failed(id, 131050, [3])
    await failed(id, 130497, [4, 5])
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

describe('a campaign whose messages fail in numbers', () => {
  const everyThird = { every: 3 }

  it('pauses with the share and the reason before it has burnt through its audience', async () => {
    const effect = { kind: 'graph_error', code: 132012 }
    await w.simulator.fault({ match: { path: 'messages' }, mode: everyThird, effect })
    const id = await sending()
    const [first, ...rest] = w.taken('outbound-sends')
    await sendPage(w.deps, first!)
    await turn()
    expect(await reasonOf(id)).toMatch(/^3\d % of the last 128 messages failed: .*132012/)
    for (const message of rest) await sendPage(w.deps, message)
    expect((await w.simulator.ledger()).accepted).toBeLessThan(128)
    // Resumed without those failures, it sends the rest.
    await w.simulator.clearFaults()
    await executeCampaign(w.deps, w.workspaceId, id)
    await w.settle()
    expect(await w.counters(id)).toMatchObject({ status: 'COMPLETED' })
  })

  it('follows the workspace’s own threshold', async () => {
    await aStoredWorkspace(w.deps, w.workspaceId)
    await updateWorkspace(w.deps, w.workspaceId, 'OWNER', { settings: { max_error_percent: 60 } })
    const effect = { kind: 'graph_error', code: 132012 }
    await w.simulator.fault({ match: { path: 'messages' }, mode: everyThird, effect })
    const id = await sending()
    await w.settle()
    expect(await w.counters(id)).toMatchObject({ status: 'COMPLETED', failed_count: 133 })
  })

  it('goes on where each failure is about one person only', async () => {
    const effect = { kind: 'graph_error', code: 131026 }
    await w.simulator.fault({ match: { path: 'messages' }, mode: 'always', effect })
    const id = await sending()
    await w.settle()
    expect(await w.counters(id)).toMatchObject({ status: 'COMPLETED', failed_count: 400 })
  })

  it('is judged by its latest hundred sends and more, one kind of failure at a time', () => {
    const counts = (sent: number, failures: Record<string, number>) => {
      const failed = Object.values(failures).reduce((sum, count) => sum + count, 0)
      return { ...noCounts(), sent, failed, failures }
    }
    const before = { attempts: 1000, failures: { 132000: 500 } }
    expect(worstKind(undefined, counts(0, { 132000: 500 }))).toBeUndefined()
    expect(worstKind(before, counts(549, { 132000: 550 }))).toBeUndefined()
    expect(worstKind(before, counts(690, { 132000: 510 }))).toMatchObject({ code: 132000, percent: 5 })
    expect(worstKind(before, counts(600, { 132000: 515, 132012: 30, 131026: 55 }))).toMatchObject({
      code: 132012,
      percent: 15,
    })
  })
})
