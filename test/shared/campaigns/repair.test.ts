import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { cancelCampaign } from '../../../shared/campaigns/cancel.ts'
import { conductCampaign } from '../../../shared/campaigns/conduct.ts'
import { executeCampaign } from '../../../shared/campaigns/execute.ts'
import { pauseCampaign } from '../../../shared/campaigns/pause.ts'
import { planCampaign } from '../../../shared/campaigns/plan.ts'
import { sweepCampaigns } from '../../../shared/campaigns/sweep.ts'
import { AppError } from '../../../shared/errors.ts'
import type { Deps } from '../../../shared/deps.ts'
import { sendPage } from '../../../shared/recipients/send-page.ts'
import { anotherInstance } from '../../support/another-instance.ts'
import { aCampaignWorld, addContacts, type CampaignWorld } from '../../support/campaign-world.ts'

let w: CampaignWorld
beforeEach(async () => {
  w = await aCampaignWorld({ contacts: 40 })
})
afterEach(() => w.close())

async function released(): Promise<string> {
  const id = await w.aCampaign()
  await executeCampaign(w.deps, w.workspaceId, id)
  for (const message of w.taken('campaign-planning')) await planCampaign(w.deps, message)
  for (const message of w.taken('campaign-release')) await conductCampaign(w.deps, message)
  return id
}

function later(ms: number): Deps {
  return { ...w.deps, now: () => new Date(Date.now() + ms) }
}

describe('what goes wrong between two steps', () => {
  it('leaves nobody pending when a campaign is cancelled while it is being planned', async () => {
    await addContacts(w.deps, w.workspaceId, { from: 40, count: 4000 })
    const id = await w.aCampaign()
    await executeCampaign(w.deps, w.workspaceId, id)
    const [message] = w.taken('campaign-planning')
    const planning = planCampaign(w.deps, message!)
    await cancelCampaign(w.deps, w.workspaceId, id)
    await Promise.all([planning, w.settle()])
    await w.settle()
    const campaign = await w.counters(id)
    expect(campaign).toMatchObject({ status: 'CANCELLED', pending_count: 0, sent_count: 0 })
    expect(campaign.cancelled_count).toBe(campaign.total_contacts)
  })

  it('finishes planning though its queue message was lost and the conductor goes on', async () => {
    const id = await w.aCampaign()
    await executeCampaign(w.deps, w.workspaceId, id)
    const [message] = w.taken('campaign-planning')
    await conductCampaign(w.deps, { ...message!, turn: 0 })
    w.queued.splice(0)
    // The conductor moved a moment ago; the planner has not moved at all.
    await conductCampaign(later(50_000), { ...message!, turn: 1 })
    expect(await sweepCampaigns(later(55_000))).toBe(1)
    await w.settle()
    expect(await w.counters(id)).toMatchObject({ status: 'COMPLETED', sent_count: 40 })
  })

  it('sends nothing after a pause that came while a worker waited for its slot', async () => {
    const id = await released()
    const [message] = w.taken('outbound-sends')
    const waits: number[] = []
    const deps: Deps = {
      ...w.deps,
      sleep: async (ms) => {
        waits.push(ms)
        if (waits.length === 1) await pauseCampaign(w.deps, w.workspaceId, id)
      },
    }
    await sendPage(deps, message!)
    expect(await w.simulator.ledger()).toMatchObject({ accepted: 0 })
    expect(await w.counters(id)).toMatchObject({ state: 'paused', pending_count: 40, uncertain_count: 0 })
  })

  it('remembers what Meta took when something else fails right after', async () => {
    const id = await released()
    const [message] = w.taken('outbound-sends')
    let asked = 0
    const gate: Deps['gates']['gate'] = (...place) => {
      asked++
      // The first block asks twice; then the store is gone for a moment.
      return asked === 3 ? Promise.reject(new Error('the store is away')) : w.deps.gates.gate(...place)
    }
    await expect(sendPage({ ...w.deps, gates: { ...w.deps.gates, gate } }, message!)).rejects.toThrow(
      'the store is away',
    )
    expect(await w.simulator.ledger()).toMatchObject({ accepted: 32 })
    await sendPage(w.deps, message!)
    await w.settle()
    expect(await w.counters(id)).toMatchObject({ status: 'COMPLETED', sent_count: 40, uncertain_count: 0 })
    expect(await w.simulator.ledger()).toMatchObject({ accepted: 40, max_per_recipient: 1 })
  })

  it('delivers a page again when the pace could not be taken, instead of dropping it', async () => {
    await released()
    const [message] = w.taken('outbound-sends')
    const reserve = () => Promise.reject(new AppError('conflict', 'too many at once'))
    await expect(sendPage(anotherInstance(w.deps, { reserve }), message!)).rejects.toMatchObject({ code: 'conflict' })
    await sendPage(w.deps, message!)
    expect(await w.simulator.ledger()).toMatchObject({ accepted: 40 })
  })

  it('does not follow a page under ever more queue messages, however often it is queued again', async () => {
    await w.simulator.fault({ match: {}, mode: 'always', effect: { kind: 'graph_error', code: 130429 } })
    await released()
    for (let minute = 1; minute <= 8; minute++) {
      const deps = later(minute * 61_000)
      for (const turn of w.taken('campaign-release')) await conductCampaign(deps, turn)
      for (const message of w.taken('outbound-sends')) await sendPage(deps, message)
    }
    // The latest, and at most the one before it, which ends when it comes back: they do not add up.
    expect(w.taken('outbound-sends').length).toBeLessThanOrEqual(2)
  })
})
