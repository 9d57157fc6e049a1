import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { cancelCampaign } from '../../../shared/campaigns/cancel.ts'
import { conductCampaign } from '../../../shared/campaigns/conduct.ts'
import { executeCampaign } from '../../../shared/campaigns/execute.ts'
import { planCampaign } from '../../../shared/campaigns/plan.ts'
import { sweepCampaigns } from '../../../shared/campaigns/sweep.ts'
import type { Deps } from '../../../shared/deps.ts'
import { sendPage } from '../../../shared/recipients/send-page.ts'
import { syncPhoneNumber } from '../../../shared/phone-numbers/sync.ts'
import { updateWorkspace } from '../../../shared/workspaces/update.ts'
import { anotherInstance } from '../../support/another-instance.ts'
import { aCampaignWorld, type CampaignWorld } from '../../support/campaign-world.ts'
import { opensWindow } from '../../support/messages.ts'
import { aStoredWorkspace } from '../../support/workspaces.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

let w: CampaignWorld
beforeEach(async () => {
  w = await aCampaignWorld({ contacts: 300 })
})
afterEach(() => w.close())

/** The same world, so many milliseconds later. */
function later(ms: number): Deps {
  const now = () => new Date(Date.now() + ms)
  return anotherInstance({ ...w.deps, now })
}

async function started(): Promise<string> {
  const id = await w.aCampaign()
  await executeCampaign(w.deps, w.workspaceId, id)
  for (const message of w.taken('campaign-planning')) await planCampaign(w.deps, message)
  return id
}

/** Turns of the conductor with the pages it queued, until nobody has anything to do at that time. */
async function run(deps: Deps, turns = 3): Promise<void> {
  for (let turn = 0; turn < turns; turn++) {
    for (const message of w.taken('campaign-release')) await conductCampaign(deps, message)
    for (const message of w.taken('outbound-sends')) await sendPage(deps, message)
  }
}

async function limit(tier: string): Promise<void> {
  await w.simulator.control('PATCH', `phone-numbers/${w.simulator.phoneNumberId}`, { tier })
  await syncPhoneNumber(w.deps, w.workspaceId, w.phoneNumberId)
}

describe('a campaign that reaches the limit of its portfolio', () => {
  it('holds by itself with nobody failed, and goes on when the day has moved on', async () => {
    await limit('TIER_250')
    const id = await started()
    await run(w.deps)
    const held = await w.counters(id)
    expect(held).toMatchObject({ status: 'SENDING', sent_count: 250, failed_count: 0, pending_count: 50 })
    expect(held.hold_reason).toMatch(/24 hours is reached/)
    expect(Date.parse(held.held_until ?? '')).toBeGreaterThan(Date.now())
    // Nothing moves while it is held, and the sweeper leaves it alone.
    await run(w.deps)
    expect(await sweepCampaigns(later(2 * MINUTE))).toBe(0)
    await run(later(2 * HOUR))
    expect((await w.simulator.ledger()).accepted).toBe(250)
    await run(later(26 * HOUR), 6)
    expect(await w.counters(id)).toMatchObject({ status: 'COMPLETED', sent_count: 300, failed_count: 0 })
    expect(await w.simulator.ledger()).toMatchObject({ accepted: 300, max_per_recipient: 1 })
  })

  it('does not count those who wrote to the number within a day', async () => {
    await limit('TIER_250')
    for (let index = 0; index < 60; index++) {
      await opensWindow(w.deps, w.workspaceId, w.phoneNumberId, `+1555${1_000_000 + index}`)
    }
    const id = await started()
    await run(w.deps)
    expect(await w.counters(id)).toMatchObject({ status: 'COMPLETED', sent_count: 300, failed_count: 0 })
  })

  it('counts a person once, in whichever campaign of the account and instance they are written to', async () => {
    await limit('TIER_250')
    const first = await started()
    await run(w.deps)
    const second = await started()
    // Another instance: it knows of the first one's sends by the table alone.
    await run(later(0))
    expect(await w.counters(first)).toMatchObject({ status: 'SENDING', sent_count: 250 })
    expect(await w.counters(second)).toMatchObject({ status: 'SENDING', sent_count: 250, failed_count: 0 })
    await limit('TIER_2K')
    await run(later(61 * MINUTE), 8)
    expect(await w.counters(first)).toMatchObject({ status: 'COMPLETED', sent_count: 300 })
    expect(await w.counters(second)).toMatchObject({ status: 'COMPLETED', sent_count: 300 })
  })

  it('believes Meta when Meta says so first, and pauses when it goes on saying so', async () => {
    await w.simulator.fault({
      match: { path: 'messages' },
      mode: 'always',
      effect: { kind: 'graph_error', code: 131048 },
    })
    const id = await started()
    await run(w.deps)
    expect(await w.counters(id)).toMatchObject({ status: 'SENDING', sent_count: 0, failed_count: 0 })
    for (let hours = 4.5; hours <= 45; hours += 4.5) await run(later(hours * HOUR), 2)
    const paused = await w.counters(id)
    expect(paused).toMatchObject({ status: 'SCHEDULED', state: 'paused', failed_count: 0, held_until: null })
    expect(paused.pause_reason).toContain('131048')
    await w.simulator.clearFaults()
    const deps = later(46 * HOUR)
    await executeCampaign(deps, w.workspaceId, id)
    for (const message of w.taken('campaign-planning')) await planCampaign(deps, message)
    await run(deps, 5)
    expect(await w.counters(id)).toMatchObject({ status: 'COMPLETED', sent_count: 300, hold_reason: null })
  })

  it('is cancelled at once while it is held', async () => {
    await limit('TIER_250')
    const id = await started()
    await run(w.deps)
    await cancelCampaign(w.deps, w.workspaceId, id)
    await w.settle()
    expect(await w.counters(id)).toMatchObject({ status: 'CANCELLED', sent_count: 250, cancelled_count: 50 })
  })
})

describe('a person whom Meta spares marketing messages', () => {
  it('is tried again by itself the next day, while the campaign sleeps', async () => {
    const to = '15551000003'
    await w.simulator.fault({ match: { to }, mode: { next: 1 }, effect: { kind: 'graph_error', code: 131049 } })
    const id = await started()
    await run(w.deps)
    const resting = await w.counters(id)
    expect(resting).toMatchObject({ status: 'SENDING', sent_count: 299, pending_count: 1, failed_count: 0 })
    expect(Date.parse(resting.held_until ?? '') - Date.now()).toBeGreaterThan(24 * HOUR)
    // Asleep: nothing but its next look is queued, and nobody wakes it.
    expect(w.queued.filter(({ queue }) => queue === 'campaign-release')).toMatchObject([{ delaySeconds: 300 }])
    expect(await sweepCampaigns(later(4 * MINUTE))).toBe(0)
    // Its queue message got lost: the sweeper sees that.
    w.queued.splice(0)
    expect(await sweepCampaigns(later(7 * MINUTE))).toBe(1)
    for (const message of w.taken('campaign-planning')) await planCampaign(later(25 * HOUR), message)
    await run(later(25.1 * HOUR), 4)
    expect(await w.counters(id)).toMatchObject({ status: 'COMPLETED', sent_count: 300, held_until: null })
    expect(await w.simulator.ledger()).toMatchObject({ accepted: 300, max_per_recipient: 1 })
  })

  it('fails after two days, so that the campaign comes to its end', async () => {
    const to = '15551000003'
    await w.simulator.fault({ match: { to }, mode: 'always', effect: { kind: 'graph_error', code: 131049 } })
    const id = await started()
    for (const hours of [0, 25.1, 50.2, 75.3]) await run(later(hours * HOUR), 4)
    expect(await w.counters(id)).toMatchObject({ status: 'COMPLETED', sent_count: 299, failed_count: 1 })
  })
})

describe('quiet hours', () => {
  it('let everybody wait until the morning where they live', async () => {
    // The contacts are in North America: quiet from the evening of Newfoundland to the morning of Hawaii.
    await aStoredWorkspace(w.deps, w.workspaceId)
    const settings = { quiet_hours: { from: '21:00', to: '08:00' } }
    await updateWorkspace(w.deps, w.workspaceId, 'OWNER', { settings })
    const id = await started()
    const night = Date.parse('2027-01-11T03:00:00Z') - Date.now()
    await run(later(night))
    const held = await w.counters(id)
    expect(held).toMatchObject({ status: 'SENDING', sent_count: 0, pending_count: 300 })
    // 8 o’clock in Hawaii is 18:00 UTC.
    expect(held.held_until).toBe('2027-01-11T18:00:00.000Z')
    await run(later(night + 14 * HOUR))
    expect((await w.simulator.ledger()).accepted).toBe(0)
    await run(later(night + 15 * HOUR + MINUTE), 5)
    expect(await w.counters(id)).toMatchObject({ status: 'COMPLETED', sent_count: 300 })
  })
})
