import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { cancelCampaign } from '../../../shared/campaigns/cancel.ts'
import { conductCampaign } from '../../../shared/campaigns/conduct.ts'
import { executeCampaign } from '../../../shared/campaigns/execute.ts'
import { pauseCampaign } from '../../../shared/campaigns/pause.ts'
import { planCampaign } from '../../../shared/campaigns/plan.ts'
import type { Deps } from '../../../shared/deps.ts'
import { newUuid } from '../../../shared/ids.ts'
import { syncPhoneNumber } from '../../../shared/phone-numbers/sync.ts'
import { pageStore } from '../../../shared/recipients/page-store.ts'
import type { QueueMessage } from '../../../shared/queue/messages.ts'
import { sendPage } from '../../../shared/recipients/send-page.ts'
import { sendPages } from '../../../shared/recipients/send-pages.ts'
import { aCampaignWorld, addContacts, type CampaignWorld } from '../../support/campaign-world.ts'
import { aWorkspaceId } from '../../support/builders.ts'
import { crash, interrupted } from '../../support/tenants.ts'

let w: CampaignWorld
beforeEach(async () => {
  w = await aCampaignWorld({ contacts: 300 })
})
afterEach(() => w.close())

async function started(): Promise<string> {
  const id = await w.aCampaign()
  await executeCampaign(w.deps, w.workspaceId, id)
  return id
}

/** Planned, with its pages in the test's hands. */
async function released(): Promise<string> {
  const id = await started()
  for (const message of w.taken('campaign-planning')) await planCampaign(w.deps, message)
  for (const message of w.taken('campaign-release')) await conductCampaign(w.deps, message)
  return id
}

describe('a campaign', () => {
  it('reaches everybody once and says so', async () => {
    const id = await started()
    await w.settle()
    expect(await w.counters(id)).toMatchObject({
      status: 'COMPLETED',
      total_contacts: 300,
      sent_count: 300,
      failed_count: 0,
      pending_count: 0,
      uncertain_count: 0,
    })
    expect(await w.simulator.ledger()).toMatchObject({ accepted: 300, recipients: 300, max_per_recipient: 1 })
  })

  it('starts once when two people press start at the same instant', async () => {
    const id = await w.aCampaign()
    const results = await Promise.allSettled([1, 2, 3].map(() => executeCampaign(w.deps, w.workspaceId, id)))
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'campaign_not_sendable' })
    }
    await w.settle()
    expect(await w.simulator.ledger()).toMatchObject({ accepted: 300, max_per_recipient: 1 })
  })

  it('starts although its first step is delivered before the start has landed', async () => {
    const id = await w.aCampaign()
    const [looked, landed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const sleep = () => {
      looked.resolve()
      return landed.promise
    }
    let planning = Promise.resolve()
    const queues: Deps['queues'] = {
      async send(...sent) {
        await w.deps.queues.send(...sent)
        for (const step of w.taken('campaign-planning')) planning = planCampaign({ ...w.deps, sleep }, step)
        await Promise.race([looked.promise, planning])
      },
    }
    await executeCampaign({ ...w.deps, queues }, w.workspaceId, id)
    landed.resolve()
    await planning
    await w.settle()
    expect(await w.counters(id)).toMatchObject({ status: 'COMPLETED', sent_count: 300 })
  })

  it('does nothing for a start that never landed', async () => {
    const id = await w.aCampaign()
    const step = { workspace_id: w.workspaceId, campaign_id: id, execution_id: newUuid() }
    await planCampaign({ ...w.deps, sleep: () => Promise.resolve() }, step)
    expect(await pageStore(w.deps).plan(w.workspaceId, id)).toBeUndefined()
    expect(await w.counters(id)).toMatchObject({ status: 'DRAFT' })
  })

  it('is not found from another workspace', async () => {
    const id = await w.aCampaign()
    await expect(executeCampaign(w.deps, aWorkspaceId(), id)).rejects.toMatchObject({ code: 'campaign_not_found' })
  })

  it('plans each contact into one page when two workers plan at the same time', async () => {
    await addContacts(w.deps, w.workspaceId, { from: 300, count: 2000 })
    const id = await started()
    const [message] = w.taken('campaign-planning')
    await Promise.all([1, 2, 3].map(() => planCampaign(w.deps, message!)))
    await w.settle()
    expect(await w.counters(id)).toMatchObject({ status: 'COMPLETED', total_contacts: 2300, sent_count: 2300 })
    expect(await w.simulator.ledger()).toMatchObject({ accepted: 2300, max_per_recipient: 1 })
  })

  it('sends a page once when two workers get it at the same time', async () => {
    const id = await released()
    const pages = w.taken('outbound-sends')
    await Promise.all([...pages, ...pages, ...pages].map((message) => sendPage(w.deps, message)))
    expect(await w.simulator.ledger()).toMatchObject({ recipients: 300, max_per_recipient: 1 })
    await w.settle()
    expect(await w.counters(id)).toMatchObject({ sent_count: 300, status: 'COMPLETED' })
  })

  it('sends nothing when a page is delivered again after it was sent', async () => {
    await released()
    const pages = w.taken('outbound-sends')
    for (const message of pages) await sendPage(w.deps, message)
    for (const message of pages) await sendPage(w.deps, message)
    expect(await w.simulator.ledger()).toMatchObject({ accepted: 300 })
  })

  it('queues the pages of a fast number together, and sends the others where one of them fails', async () => {
    const id = await released()
    const messages = w.queued.filter(({ queue }) => queue === 'outbound-sends').map(({ message }) => message)
    expect(messages).toEqual([expect.objectContaining({ page: 0, pages: 3 })])
    w.queued.splice(0)
    const run = messages[0] as QueueMessage<'outbound-sends'>
    const failing = interrupted(w.deps, 'pages', 'replace', (call) => (call === 2 ? crash() : undefined))
    await expect(sendPages(failing, run)).rejects.toThrow('killed')
    const { accepted } = await w.simulator.ledger()
    expect(300 - accepted).toBeOneOf([44, 128])
    await sendPages(w.deps, run)
    await w.settle()
    expect(await w.simulator.ledger()).toMatchObject({ accepted: 300, max_per_recipient: 1 })
    expect(await w.counters(id)).toMatchObject({ uncertain_count: 0, sent_count: 300 })
  })

  it('queues each page of a slow number alone, so that instances share them', async () => {
    await w.simulator.control('PATCH', `phone-numbers/${w.simulator.phoneNumberId}`, { throughput: 'STANDARD' })
    await syncPhoneNumber(w.deps, w.workspaceId, w.phoneNumberId)
    await released()
    const messages = w.queued.filter(({ queue }) => queue === 'outbound-sends').map(({ message }) => message)
    expect(messages).toHaveLength(3)
    for (const message of messages) expect(message).not.toHaveProperty('pages')
  })

  it('sends nothing for an execution that is over', async () => {
    const id = await released()
    const stale = w.taken('outbound-sends')
    await pauseCampaign(w.deps, w.workspaceId, id)
    for (const message of stale) await sendPage(w.deps, message)
    expect(await w.simulator.ledger()).toMatchObject({ accepted: 0 })
  })

  it('stops when it is paused and sends exactly the rest when it is resumed', async () => {
    const id = await released()
    const [first] = w.taken('outbound-sends')
    await sendPage(w.deps, first!)
    const { accepted } = await w.simulator.ledger()
    expect(accepted).toBe(128)
    await pauseCampaign(w.deps, w.workspaceId, id)
    await w.settle()
    expect((await w.simulator.ledger()).accepted).toBe(accepted)
    expect(await w.counters(id)).toMatchObject({
      status: 'SCHEDULED',
      state: 'paused',
      sent_count: 128,
      pending_count: 172,
    })
    await executeCampaign(w.deps, w.workspaceId, id)
    await w.settle()
    expect(await w.counters(id)).toMatchObject({ status: 'COMPLETED', sent_count: 300, total_contacts: 300 })
    expect(await w.simulator.ledger()).toMatchObject({ accepted: 300, max_per_recipient: 1 })
  })

  it('cancels whoever was not sent to, and everybody has an outcome', async () => {
    const id = await released()
    const [first, ...rest] = w.taken('outbound-sends')
    await sendPage(w.deps, first!)
    await cancelCampaign(w.deps, w.workspaceId, id)
    for (const message of rest) await sendPage(w.deps, message)
    await w.settle()
    expect(await w.counters(id)).toMatchObject({
      status: 'CANCELLED',
      total_contacts: 300,
      sent_count: 128,
      cancelled_count: 172,
      pending_count: 0,
    })
    await expect(executeCampaign(w.deps, w.workspaceId, id)).rejects.toMatchObject({ code: 'campaign_not_sendable' })
  })

  it('is complete at once when nobody is to be reached', async () => {
    const empty = await aCampaignWorld({ contacts: 0 })
    const id = await empty.aCampaign()
    await executeCampaign(empty.deps, empty.workspaceId, id)
    await empty.settle()
    expect(await empty.counters(id)).toMatchObject({ status: 'COMPLETED', total_contacts: 0 })
    await empty.close()
  })

  it('refuses to start with variables that do not fit the template, naming them', async () => {
    await expect(w.aCampaign({})).rejects.toMatchObject({ problems: [{ loc: ['body', 'variables', 'body.1'] }] })
    await expect(w.aCampaign({ 'body.1': { value: 'x' }, 'body.2': { value: 'y' } })).rejects.toMatchObject({
      problems: [{ loc: ['body', 'variables', 'body.2'] }],
    })
  })
})
