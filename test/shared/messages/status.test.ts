import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { conversationKey, messageId, newId } from '../../../shared/ids.ts'
import { readMessage } from '../../../shared/messages/list-messages.ts'
import { messageDetail } from '../../../shared/messages/message-detail.ts'
import { newConversation } from '../../../shared/messages/conversation.ts'
import type { OutboundMessage } from '../../../shared/messages/schema.ts'
import { failureOf, statusOf, timesOf, withReport, withResult, type Report } from '../../../shared/messages/status.ts'
import { phoneNumberStore } from '../../../shared/phone-numbers/store.ts'
import { applyStatuses } from '../../../shared/webhooks/apply-statuses.ts'
import { aWorkspaceId } from '../../support/builders.ts'
import { aMessageWorld, type MessageWorld } from '../../support/message-world.ts'
import { crash, interrupted } from '../../support/tenants.ts'

function aMessage(changes: Partial<OutboundMessage> = {}): OutboundMessage {
  const workspaceId = aWorkspaceId()
  const phoneNumberId = newId('phoneNumber', workspaceId)
  const { id, conversation } = newConversation({ workspaceId, phoneNumberId, person: '15550100001' }, null, new Date())
  return {
    id: messageId(workspaceId, conversation),
    workspace_id: workspaceId,
    conversation,
    type: 'message',
    v: 1,
    direction: 'outbound',
    conversation_id: id,
    phone_number_id: phoneNumberId,
    contact_id: newId('contact', workspaceId),
    from_number: '+15550783881',
    to_number: '+15550100001',
    content: { type: 'text', text: 'Hello' },
    quotes: null,
    quoted_id: null,
    wa_message_id: null,
    tries: 0,
    not_before: null,
    claim: null,
    outcome: null,
    reported: {},
    created_at: '2026-11-23T10:00:00.000Z',
    updated_at: '2026-11-23T10:00:00.000Z',
    ...changes,
  }
}

const RANK = { sent: 1, delivered: 3, read: 4, failed: 2 } as const
const kind = fc.constantFrom('sent' as const, 'delivered' as const, 'read' as const, 'failed' as const)
const report = fc.record({
  kind,
  at: fc.integer({ min: 0, max: 9 }).map((second) => `2026-11-23T10:00:0${second}.000Z`),
  code: fc.constantFrom(131026, 131047, 0),
  wamid: fc.constant('wamid.A'),
  price: fc.option(
    fc.record({
      category: fc.constantFrom('marketing', 'service', 'loyalty', 'club'),
      type: fc.constantFrom('regular', 'free_customer_service', 'half_price'),
    }),
    { nil: undefined },
  ),
  conversation: fc.option(
    fc.record({
      id: fc.constantFrom('a', 'b'),
      origin: fc.constantFrom(null, 'referral_conversion'),
      expires_at: fc.constantFrom(null, '2026-11-24T10:00:00.000Z', '2026-11-26T10:00:00.000Z'),
    }),
    { nil: undefined },
  ),
})

function seen(message: OutboundMessage) {
  const { reported, wa_message_id } = message
  return { status: statusOf(message), ...timesOf(message), failure: failureOf(message), reported, wa_message_id }
}

function applied(message: OutboundMessage, reports: Report[]): OutboundMessage {
  return reports.reduce(withReport, message)
}

describe('the status of a message', () => {
  it('ends the same for any order of reports and any number of duplicates', () => {
    const shuffled = fc.array(report, { minLength: 1, maxLength: 8 }).chain((reports) =>
      fc.record({
        reports: fc.constant(reports),
        other: fc.shuffledSubarray([...reports, ...reports, ...reports], { minLength: reports.length * 3 }),
      }),
    )
    fc.assert(
      fc.property(shuffled, ({ reports, other }) => {
        const message = aMessage()
        expect(seen(applied(message, other))).toEqual(seen(applied(message, reports)))
      }),
    )
  })

  it('only rises, and failed gives way to what was delivered', () => {
    fc.assert(
      fc.property(fc.array(report, { minLength: 1, maxLength: 8 }), (reports) => {
        const highest = reports.reduce(
          (best, { kind: each }) => (RANK[each] > RANK[best] ? each : best),
          reports[0]!.kind,
        )
        expect(statusOf(applied(aMessage(), reports))).toBe(highest)
      }),
    )
  })

  it('has the earliest time of each kind, and read stands for delivered', () => {
    const read = { kind: 'read', at: '2026-11-23T10:00:05.000Z', code: 0, wamid: undefined } as const
    const message = applied(aMessage(), [read, { ...read, at: '2026-11-23T10:00:04.000Z' }])
    const at = '2026-11-23T10:00:04.000Z'
    expect(timesOf(message)).toEqual({ sent_at: at, delivered_at: at, read_at: at, failed_at: null })
    const earlier = { ...read, kind: 'delivered' as const, at: '2026-11-23T10:00:02.000Z' }
    expect(timesOf(applied(message, [earlier])).delivered_at).toBe(earlier.at)
  })

  it('is the same object when a report adds nothing, so that nothing is written', () => {
    fc.assert(
      fc.property(fc.array(report, { minLength: 1, maxLength: 5 }), (reports) => {
        const message = applied(aMessage(), reports)
        for (const each of reports) expect(withReport(message, each)).toBe(message)
      }),
    )
  })

  it('of a failure without a code does not invent a reason', () => {
    const failed = { kind: 'failed', at: '2026-11-23T10:00:05.000Z', code: 0, wamid: undefined } as const
    expect(failureOf(applied(aMessage(), [failed]))).toMatchObject({ code: '0', title: 'Meta gave no reason' })
  })

  it('believes a late acceptance, and nothing else that comes after the claim ran out', () => {
    const now = new Date('2026-11-23T10:01:00.000Z')
    const uncertain = aMessage({ outcome: { kind: 'uncertain', at: now.toISOString(), reason: 'worker_stopped' } })
    const accepted = withResult(uncertain, 'late', { kind: 'accepted', wamid: 'wamid.A' }, now)
    expect(statusOf(accepted)).toBe('sent')
    const again = { kind: 'again', afterMs: 1, code: 131016, reason: '' } as const
    expect(withResult(uncertain, 'late', again, now)).toBe(uncertain)
  })
})

describe('statuses of webhooks', () => {
  let w: MessageWorld
  beforeAll(async () => {
    w = await aMessageWorld()
  })
  afterAll(() => w.close())

  const KINDS = ['sent', 'delivered', 'read', 'failed']
  const ORDERS = KINDS.flatMap((a) =>
    KINDS.flatMap((b) => KINDS.flatMap((c) => KINDS.map((d) => [a, b, c, d]))),
  ).filter((order) => new Set(order).size === 4)

  it('in all orders, one by one and twice, end as read with Meta’s times', async () => {
    expect(ORDERS).toHaveLength(24)
    const ends = await Promise.all(
      ORDERS.map(async (order) => {
        const { id } = await w.template(w.aStranger())
        const statuses = order.map((status) => ({
          id: 'wamid.A',
          status,
          timestamp: String(1_790_000_000 + KINDS.indexOf(status)),
          biz_opaque_callback_data: id,
          ...(status === 'failed' ? { errors: [{ code: 131026 }] } : {}),
        }))
        for (const status of [...statuses, ...statuses.toReversed()]) await w.told(status)
        const { id: _id, ...end } = await w.status(id)
        return end
      }),
    )
    for (const end of ends) {
      expect(end).toEqual({
        wa_message_id: 'wamid.A',
        status: 'read',
        sent_at: '2026-09-21T14:13:20.000Z',
        delivered_at: '2026-09-21T14:13:21.000Z',
        read_at: '2026-09-21T14:13:22.000Z',
        failed_at: null,
        error: null,
        price: null,
      })
    }
  })

  it('tell what Meta charges, and the conversation it counts the message to', async () => {
    const { id } = await w.template(w.aStranger())
    const base = { id: 'wamid.A', biz_opaque_callback_data: id }
    const pricing = { billable: false, pricing_model: 'PMP', type: 'free_entry_point', category: 'referral_conversion' }
    const conversation = { id: 'c1', origin: { type: 'referral_conversion' } }
    const shown = async () => {
      const { price, meta_conversation } = messageDetail(await readMessage(w.deps, w.workspaceId, id))
      return { price, meta_conversation }
    }
    expect(await shown()).toEqual({ price: null, meta_conversation: null })
    // Only `sent` names when it ends.
    await w.told({ ...base, status: 'delivered', timestamp: '1790000001', pricing, conversation })
    const sent = { ...base, status: 'sent', timestamp: '1790000000', pricing }
    await w.told({ ...sent, conversation: { ...conversation, expiration_timestamp: '1790086400' } })
    const price = { category: 'referral_conversion', type: 'free_entry_point' }
    const counted = { id: 'c1', origin: 'referral_conversion', expires_at: '2026-09-22T14:13:20.000Z' }
    expect(await shown()).toEqual({ price, meta_conversation: counted })
    expect(await w.status(id)).toMatchObject({ status: 'delivered', price })
    await w.told({ ...sent, pricing: { type: 'regular', category: 'marketing' }, conversation: { id: 7 } })
    expect(await shown()).toEqual({ price: { category: 'marketing', type: 'regular' }, meta_conversation: counted })
    await w.told({ ...sent, conversation: 'none' })
    expect((await shown()).price).toEqual({ category: 'marketing', type: 'regular' })
  })

  it('without a reason fail the message, and say nothing about the number', async () => {
    const { id } = await w.template(w.aStranger())
    await w.deliver()
    const at = String(Math.ceil(Date.now() / 1000))
    await w.told({ status: 'failed', timestamp: at, biz_opaque_callback_data: id })
    expect(await w.status(id)).toMatchObject({ status: 'failed' })
    expect((await phoneNumberStore(w.deps.containers).find(w.workspaceId, w.phoneNumberId))!.value.trouble).toBeNull()
  })

  it('with the id of nothing, or of another workspace’s message, are kept and touch nobody', async () => {
    const other = aWorkspaceId()
    const foreign = messageId(other, conversationKey(other, w.phoneNumberId, '15550100001'))
    const unknown = messageId(w.workspaceId, conversationKey(w.workspaceId, w.phoneNumberId, '15550100001'))
    const { id, conversation_id } = await w.template(w.aStranger())
    const parked: string[] = []
    const put = w.deps.blobs.put.bind(w.deps.blobs)
    w.deps.blobs.put = (container, name, body, type) => {
      parked.push(body.toString('utf8'))
      return put(container, name, body, type)
    }
    const told = { id: 'wamid.A', status: 'read', timestamp: '1790000000' }
    const statuses = [foreign, unknown, conversation_id, id].map((each) => ({
      ...told,
      biz_opaque_callback_data: each,
    }))
    await w.told(...statuses)
    w.deps.blobs.put = put
    expect(parked).toHaveLength(1)
    for (const each of [foreign, unknown, conversation_id]) expect(parked[0]).toContain(each)
    expect(parked[0]).not.toContain(id)
    expect(await w.status(id)).toMatchObject({ status: 'read' })
  })

  it('of one message that cannot be stored do not keep others from theirs, and come again', async () => {
    const [one, two] = [await w.template(w.aStranger()), await w.template(w.aStranger())]
    const failing = interrupted(w.deps, 'messages', 'replace', (call) => (call === 1 ? crash() : undefined))
    const told = { id: 'wamid.A', status: 'read', timestamp: '1790000000' }
    const statuses = [one, two].map(({ id }) => ({ ...told, biz_opaque_callback_data: id }))
    const value = { metadata: { phone_number_id: w.simulator.phoneNumberId }, statuses }
    const changes = [{ entry_id: '1', entry_time: null, field: 'messages', value }]
    const entry = { received_at: new Date().toISOString(), changes }
    await expect(applyStatuses(failing, entry)).rejects.toThrow('1 message(s) failed')
    const after = await Promise.all([one, two].map(({ id }) => w.status(id)))
    expect(after.map(({ status }) => status).sort()).toEqual(['queued', 'read'])
    await applyStatuses(w.deps, entry)
    expect(await w.status(one.id)).toMatchObject({ status: 'read' })
    expect(await w.status(two.id)).toMatchObject({ status: 'read' })
  })

  it('of one message in one webhook are one write', async () => {
    const { id } = await w.template(w.aStranger())
    let writes = 0
    const counting = { ...w.deps.containers.messages }
    const replace = counting.replace.bind(counting)
    counting.replace = (...parameters) => {
      writes++
      return replace(...parameters)
    }
    Object.assign(w.deps.containers, { messages: counting })
    const told = { id: 'wamid.A', timestamp: '1790000000', biz_opaque_callback_data: id }
    await w.told({ ...told, status: 'sent' }, { ...told, status: 'delivered' }, { ...told, status: 'sent' })
    expect(writes).toBe(1)
    await w.told({ ...told, status: 'sent' })
    expect(writes).toBe(1)
  })
})
