import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { executeCampaign } from '../../../shared/campaigns/execute.ts'
import { failuresSince } from '../../../shared/campaigns/judge-failures.ts'
import { syncPhoneNumber } from '../../../shared/phone-numbers/sync.ts'
import { updatePhoneNumber } from '../../../shared/phone-numbers/update.ts'
import { noCounts } from '../../../shared/recipients/fact-row.ts'
import { gates } from '../../../shared/recipients/gate.ts'
import { sendPage } from '../../../shared/recipients/send-page.ts'
import { templateStore } from '../../../shared/templates/store.ts'
import { applyAccountEvents } from '../../../shared/webhooks/apply-account.ts'
import { updateWorkspace } from '../../../shared/workspaces/update.ts'
import { aSendingCampaign, pauseReasonOf, sendPages, takeTurn } from '../../support/campaign-steps.ts'
import { aCampaignWorld, type CampaignWorld } from '../../support/campaign-world.ts'
import { sample } from '../../support/webhooks.ts'
import { aStoredWorkspace } from '../../support/workspaces.ts'

let w: CampaignWorld
beforeEach(async () => {
  w = await aCampaignWorld({ contacts: 400 })
})
afterEach(() => w.close())

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

describe('a campaign pauses itself', () => {
  it.each([
    ['template-status-paused', 'paused'],
    ['template-status-disabled', 'disabled'],
  ])('when Meta reports %s', async (name, word) => {
    const id = await aSendingCampaign(w)
    const template = (await templateStore(w.deps.containers).find(w.workspaceId, w.templateId))!.value
    await told(name, (value) => {
      value['message_template_id'] = template.meta_template_id
      value['message_template_name'] = template.name
      value['message_template_language'] = template.language
    })
    w.deps.gates = gates(w.deps)
    await sendPages(w)
    expect(await pauseReasonOf(w, id)).toMatch(new RegExp(`^Meta ${word} the template.*autumn_greeting`))
    expect((await w.simulator.ledger()).accepted).toBe(0)
  })

  it('when its number is disabled here', async () => {
    const id = await aSendingCampaign(w)
    await updatePhoneNumber(w.deps, w.workspaceId, w.phoneNumberId, { status: 'disabled' })
    expect(await pauseReasonOf(w, id)).toBe('The phone number is disabled')
  })

  it('when its number becomes RED, until a person resumes it', async () => {
    const id = await aSendingCampaign(w)
    const number = `phone-numbers/${w.simulator.phoneNumberId}`
    await w.simulator.control('PATCH', number, { quality_rating: 'RED' })
    await told('phone-number-quality-update', (value) => (value['event'] = 'FLAGGED'))
    expect(await pauseReasonOf(w, id)).toMatch(/RED/)
    await executeCampaign(w.deps, w.workspaceId, id)
    await syncPhoneNumber(w.deps, w.workspaceId, w.phoneNumberId)
    await w.settle()
    expect(await w.counters(id)).toMatchObject({ status: 'COMPLETED', sent_count: 400 })
  })

  it('not when the workspace wants to go on with a RED number', async () => {
    await aStoredWorkspace(w.deps, w.workspaceId)
    await updateWorkspace(w.deps, w.workspaceId, 'OWNER', { settings: { pause_on_red_quality: false } })
    const id = await aSendingCampaign(w)
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
    const id = await aSendingCampaign(w)
    await told(name, (value) => {
      if ('waba_info' in value) value['waba_info'] = { waba_id: w.simulator.wabaId }
    })
    expect(await pauseReasonOf(w, id)).toMatch(words)
    await sendPages(w)
    expect((await w.simulator.ledger()).accepted).toBe(0)
  })
})

describe('a campaign whose messages fail in numbers', () => {
  const everyThird = { every: 3 }

  it('pauses with the share and the reason before it has burnt through its audience', async () => {
    const effect = { kind: 'graph_error', code: 132012 }
    await w.simulator.fault({ match: { path: 'messages' }, mode: everyThird, effect })
    const id = await aSendingCampaign(w)
    const [first, ...rest] = w.taken('outbound-sends')
    await sendPage(w.deps, first!)
    await takeTurn(w)
    expect(await pauseReasonOf(w, id)).toMatch(/^3\d % of the last 128 messages failed: .*132012/)
    for (const message of rest) await sendPage(w.deps, message)
    expect((await w.simulator.ledger()).accepted).toBeLessThan(128)
    // Resumed without those failures, it sends the rest.
    await w.simulator.clearFaults()
    await executeCampaign(w.deps, w.workspaceId, id)
    await w.settle()
    expect(await w.counters(id)).toMatchObject({ status: 'COMPLETED' })
  })

  it('pauses where several reasons together are too many, and names the most frequent', async () => {
    for (const [code, every] of Object.entries({ 132012: 10, 132005: 9, 131009: 8 })) {
      const effect = { kind: 'graph_error', code: Number(code) }
      await w.simulator.fault({ match: { path: 'messages' }, mode: { every }, effect })
    }
    const id = await aSendingCampaign(w)
    const [first] = w.taken('outbound-sends')
    await sendPage(w.deps, first!)
    await takeTurn(w)
    expect(await pauseReasonOf(w, id)).toMatch(/^\d\d % of the last 128 messages failed, 1\d % of all for one reason: /)
  })

  it('follows the workspace’s own threshold', async () => {
    await aStoredWorkspace(w.deps, w.workspaceId)
    await updateWorkspace(w.deps, w.workspaceId, 'OWNER', { settings: { max_error_percent: 60 } })
    const effect = { kind: 'graph_error', code: 132012 }
    await w.simulator.fault({ match: { path: 'messages' }, mode: everyThird, effect })
    const id = await aSendingCampaign(w)
    await w.settle()
    expect(await w.counters(id)).toMatchObject({ status: 'COMPLETED', failed_count: 133 })
  })

  it('goes on where each failure is about one person only', async () => {
    const effect = { kind: 'graph_error', code: 131026 }
    await w.simulator.fault({ match: { path: 'messages' }, mode: 'always', effect })
    const id = await aSendingCampaign(w)
    await w.settle()
    expect(await w.counters(id)).toMatchObject({ status: 'COMPLETED', failed_count: 400 })
  })

  it('is judged by its latest hundred sends and more', () => {
    const counts = (sent: number, failures: Record<string, number>) => {
      const failed = Object.values(failures).reduce((sum, count) => sum + count, 0)
      return { ...noCounts(), sent, failed, failures }
    }
    const before = { attempts: 1000, failures: { 132000: 500 } }
    expect(failuresSince(undefined, counts(0, { 132000: 500 }))).toBeUndefined()
    expect(failuresSince(before, counts(549, { 132000: 550 }))).toBeUndefined()
    expect(failuresSince(before, counts(690, { 132000: 510 }))).toMatchObject({
      percent: 5,
      worst: { code: 132000, percent: 5 },
    })
    // What is about one person does not count.
    expect(failuresSince(before, counts(600, { 132000: 516, 132012: 30, 131026: 54 }))).toMatchObject({
      percent: 23,
      worst: { code: 132012, percent: 15 },
    })
  })
})
