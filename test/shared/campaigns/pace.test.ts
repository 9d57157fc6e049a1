import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { conductCampaign } from '../../../shared/campaigns/conduct.ts'
import { executeCampaign } from '../../../shared/campaigns/execute.ts'
import { planCampaign } from '../../../shared/campaigns/plan.ts'
import type { Deps } from '../../../shared/deps.ts'
import { queueTemplate } from '../../../shared/messages/queue-template.ts'
import { sendMessage } from '../../../shared/messages/send.ts'
import { pacer } from '../../../shared/pace/pacer.ts'
import { findPhoneNumber } from '../../../shared/phone-numbers/find.ts'
import { syncPhoneNumber } from '../../../shared/phone-numbers/sync.ts'
import type { QueueMessage } from '../../../shared/queue/messages.ts'
import { BLOCK_SIZE } from '../../../shared/recipients/page.ts'
import { sendPage } from '../../../shared/recipients/send-page.ts'
import { applyAccountEvents } from '../../../shared/webhooks/apply-account.ts'
import { anotherInstance } from '../../support/another-instance.ts'
import { aCampaignWorld, type CampaignWorld } from '../../support/campaign-world.ts'

let w: CampaignWorld
beforeEach(async () => {
  w = await aCampaignWorld({ contacts: 512 })
  await metaAllows('STANDARD')
  await syncPhoneNumber(w.deps, w.workspaceId, w.phoneNumberId)
})
afterEach(() => w.close())

async function metaAllows(throughput: 'STANDARD' | 'HIGH'): Promise<void> {
  await w.simulator.control('PATCH', `phone-numbers/${w.simulator.phoneNumberId}`, { throughput })
}

async function pages(): Promise<QueueMessage<'outbound-sends'>[]> {
  const id = await w.aCampaign()
  await executeCampaign(w.deps, w.workspaceId, id)
  for (const message of w.taken('campaign-planning')) await planCampaign(w.deps, message)
  for (const message of w.taken('campaign-release')) await conductCampaign(w.deps, message)
  return w.taken('outbound-sends')
}

/** When each message was accepted, in order. */
async function acceptedAt(): Promise<number[]> {
  const answer = await fetch(`${w.simulator.url}/_simulator/ledger/entries`)
  const lines = (await answer.text()).trim().split('\n')
  return lines
    .map((line) => Date.parse((JSON.parse(line) as { accepted_at: string }).accepted_at))
    .sort((a, b) => a - b)
}

describe('the pace of a number', () => {
  it('is shared by instances: no two of their sends have the same slot', async () => {
    const taken: { fromMs: number; toMs: number }[] = []
    const watched = (): Deps => {
      const own = pacer(w.deps)
      return anotherInstance(w.deps, {
        async reserve(number, request) {
          const slots = await own.reserve(number, request)
          if ('startMs' in slots) {
            taken.push({ fromMs: slots.startMs, toMs: slots.startMs + request.count * slots.intervalMs })
          }
          return slots
        },
      })
    }
    const two = [watched(), watched()]
    // Three pages: the fourth would be further away than a worker waits.
    const work = (await pages()).slice(0, 3)
    await Promise.all(work.map((message, index) => sendPage(two[index % 2]!, message)))
    taken.sort((one, other) => one.fromMs - other.fromMs)
    for (const [index, { toMs }] of taken.slice(0, -1).entries()) {
      expect(taken[index + 1]!.fromMs).toBeGreaterThanOrEqual(toMs - 0.001)
    }
    expect(taken.length).toBeGreaterThanOrEqual(3)
    // What a busy machine bunches up, Meta refuses: within a block of what it allows.
    const times = await acceptedAt()
    expect(times.length).toBeGreaterThanOrEqual(384 - 2 * BLOCK_SIZE)
  })

  it('is waited for: nothing goes out before its slot', async () => {
    const [first] = await pages()
    let waitedMs = 0
    const sleep = (ms: number) => {
      waitedMs += ms
      return Promise.resolve()
    }
    const now = () => new Date(Date.now() + waitedMs)
    const deps = anotherInstance(
      { ...w.deps, sleep, now },
      { reserve: () => Promise.resolve({ startMs: now().getTime() + 4_000, intervalMs: 1 }), admit: () => 0 },
    )
    let sentAfterMs: number | undefined
    const graph: Deps['graph'] = {
      ...deps.graph,
      call: (request) => {
        sentAfterMs ??= waitedMs
        return deps.graph.call(request)
      },
    }
    await sendPage({ ...deps, graph }, first!)
    expect(sentAfterMs).toBeGreaterThan(3_500)
  })

  it('follows Meta’s upgrade in the middle of a campaign', async () => {
    const [first, ...rest] = await pages()
    const rates: number[] = []
    const watched = (): Deps => {
      const own = pacer(w.deps)
      return anotherInstance(w.deps, {
        reserve(number, request) {
          rates.push(request.ratePerSecond)
          return own.reserve(number, request)
        },
      })
    }
    await sendPage(watched(), first!)
    expect(new Set(rates.splice(0))).toEqual(new Set([80]))
    await metaAllows('HIGH')
    const { display_digits } = await findPhoneNumber(w.deps, w.workspaceId, w.phoneNumberId)
    const value = { display_phone_number: display_digits, event: 'THROUGHPUT_UPGRADE' }
    const change = { entry_id: w.simulator.wabaId, entry_time: null, field: 'phone_number_quality_update', value }
    await applyAccountEvents(w.deps, { received_at: new Date().toISOString(), changes: [change] })
    const fast = watched()
    await Promise.all(rest.map((message) => sendPage(fast, message)))
    expect(new Set(rates)).toEqual(new Set([1000]))
  })

  it('leaves a share for a single message while a campaign sends', async () => {
    const sending = Promise.all((await pages()).slice(0, 3).map((message) => sendPage(w.deps, message)))
    const { id } = await queueTemplate(w.deps, w.workspaceId, {
      phone_number_id: w.phoneNumberId,
      to: '+15559990000',
      template_name: 'autumn_greeting',
      template_language: 'en',
      components: { body: ['Ada'] },
    })
    const [entry] = w.taken('outbound-messages').filter(({ guard }) => !guard)
    expect(entry?.message_id).toBe(id)
    const from = Date.now()
    await sendMessage(anotherInstance(w.deps), entry!)
    // The campaign holds the slots of five seconds.
    expect(Date.now() - from).toBeLessThan(4000)
    expect(await w.simulator.control('GET', 'ledger?to=15559990000')).toMatchObject({ accepted: 1 })
    await sending
  })
})
