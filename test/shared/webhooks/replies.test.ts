import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { executeCampaign } from '../../../shared/campaigns/execute.ts'
import { recipientsPage } from '../../../shared/campaigns/recipients.ts'
import { newUuid, recipientMessageId } from '../../../shared/ids.ts'
import { listMessages } from '../../../shared/messages/list-messages.ts'
import { messageDetail } from '../../../shared/messages/message-detail.ts'
import type { Page } from '../../../shared/recipients/page.ts'
import { pageStore } from '../../../shared/recipients/page-store.ts'
import { applyMessages } from '../../../shared/webhooks/apply-messages.ts'
import { aCampaignWorld, type CampaignWorld } from '../../support/campaign-world.ts'
import { inbound } from '../../support/message-world.ts'

let w: CampaignWorld
let id: string
let pages: [Page, Page, Page]
beforeAll(async () => {
  w = await aCampaignWorld({ contacts: 300 })
  id = await w.aCampaign()
  await executeCampaign(w.deps, w.workspaceId, id)
  await w.settle()
  const page = async (at: number) => (await pageStore(w.deps).page(w.workspaceId, id, at))!.value
  pages = [await page(0), await page(1), await page(2)]
})
afterAll(() => w.close())
afterEach(() => w.queued.splice(0))

type Change = ReturnType<typeof inbound>
const START = Math.floor(Date.now() / 1000) * 1000 - 600_000

/** From the recipient at this place, so many seconds after the start. */
function from(page: Page, position: number, second: number, item: object): Change {
  return inbound(w, page.addresses[position]!, new Date(START + second * 1000), { ...item })
}

const quoting = (page: Page, position: number) => ({ context: { id: page.wamids[position] } })
const reaction = (page: Page, position: number, emoji?: string) => ({
  type: 'reaction',
  text: undefined,
  reaction: { message_id: page.wamids[position], ...(emoji === undefined ? {} : { emoji }) },
})
const pressed = (page: Page, position: number) => ({
  ...quoting(page, position),
  type: 'button',
  text: undefined,
  button: { payload: 'YES', text: 'Yes, please' },
})

const apply = (...changes: unknown[]) =>
  applyMessages(w.deps, { received_at: new Date().toISOString(), changes: structuredClone(changes) })

async function recipients(campaignId: string, query: { replied?: boolean; status?: 'read'[] } = {}) {
  return recipientsPage(w.deps, w.workspaceId, campaignId, { limit: 100, ...query })
}

async function answersOf(wamid: string) {
  const { messages } = await listMessages(w.deps, w.workspaceId, { limit: 100, direction: 'inbound' })
  return messages.map(messageDetail).find(({ wa_message_id }) => wa_message_id === wamid)?.answers
}

const wamidOf = ({ value }: Change) => value.messages[0]!.id

describe('replies to a campaign', () => {
  it('count each recipient once, in every order, however often they answer and Meta tells it', async () => {
    const [first, , last] = pages
    const answers = [
      from(first, 3, 20, quoting(first, 3)),
      from(first, 3, 10, pressed(first, 3)),
      from(first, 3, 40, reaction(first, 3, '👍')),
      from(first, 4, 30, reaction(first, 4, '❤️')),
      from(first, 4, 50, reaction(first, 4)),
      from(last, 5, 25, quoting(last, 5)),
      // Takes back what nobody saw; quotes what another person got; says something without a quote.
      from(first, 6, 15, reaction(first, 6)),
      from(first, 7, 15, quoting(first, 8)),
      from(first, 9, 15, {}),
    ]
    const before = await w.counters(id)
    expect(before).toMatchObject({ replied_count: 0 })
    await apply(...answers.toReversed(), ...answers)
    for (const answer of answers) await apply(answer)
    expect(await w.counters(id)).toEqual({ ...before, replied_count: 3 })

    const replied = await recipients(id, { replied: true })
    const places = [recipientMessageId({ campaignId: id, page: 0, position: 3 })]
    places.push(recipientMessageId({ campaignId: id, page: 0, position: 4 }))
    places.push(recipientMessageId({ campaignId: id, page: 2, position: 5 }))
    expect(replied.data.map(({ message_id }) => message_id)).toEqual(places)
    const times = [10, 30, 25].map((second) => new Date(START + second * 1000).toISOString())
    expect(replied.data.map(({ replied_at }) => replied_at)).toEqual(times)
    expect(replied).toMatchObject({ total: 3, next_cursor: null })
    const others = await recipients(id, { replied: false })
    expect(others).toMatchObject({ total: 297 })
    expect(others.data.filter(({ replied_at }) => replied_at !== null)).toEqual([])
    expect(await recipients(id, { replied: true, status: ['read'] })).toMatchObject({ data: [], total: null })
  })

  it('name the campaign also where they are reactions, put or taken back', async () => {
    const [page] = pages
    const changes = [from(page, 20, 60, reaction(page, 20, '🎉')), from(page, 20, 70, reaction(page, 20))]
    await apply(...changes)
    const named = { message_id: recipientMessageId({ campaignId: id, page: 0, position: 20 }), campaign_id: id }
    for (const change of changes) expect(await answersOf(wamidOf(change))).toMatchObject(named)
  })

  it('are found once the message is recorded, if they came before that', async () => {
    const [page] = pages
    const { replied_count: replied } = await w.counters(id)
    const store = pageStore(w.deps)
    const stored = (await store.page(w.workspaceId, id, 0))!
    const { [30]: wamid, ...wamids } = page.wamids
    const lease = { holder: 'somebody', until: new Date(Date.now() + 30_000).toISOString() }
    const states = `${page.states.slice(0, 30)}c${page.states.slice(31)}`
    const sending = await store.replacePage(stored, { ...stored.value, states, wamids, lease })
    const answer = from(page, 30, 80, { id: `wamid.${newUuid()}`, context: { id: wamid } })
    await apply(answer)
    expect(await answersOf(wamidOf(answer))).toMatchObject({ message_id: null, campaign_id: null })
    expect(w.queued.at(-1)).toMatchObject({ queue: 'webhook-messages', delaySeconds: 10 })

    // Once more too early, and twice when it is known.
    for (const again of w.taken('webhook-messages')) await applyMessages(w.deps, again)
    const later = w.taken('webhook-messages')
    expect(later).toHaveLength(1)
    await store.replacePage(sending, { ...sending.value, states: page.states, wamids: page.wamids, lease: null })
    for (const again of [...later, ...later]) await applyMessages(w.deps, again)
    expect(await answersOf(wamidOf(answer))).toMatchObject({ campaign_id: id })
    expect(await w.counters(id)).toMatchObject({ replied_count: replied + 1 })
    expect(w.taken('webhook-messages')).toEqual([])
  })

  it('are not looked for again once nothing is being sent', async () => {
    await apply(from(pages[0], 40, 90, { context: { id: 'wamid.of-something-long-ago' } }))
    expect(w.taken('webhook-messages')).toEqual([])
  })
})
