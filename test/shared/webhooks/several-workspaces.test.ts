/** Meta puts what happened to any numbers into one body: each workspace gets its own, and nobody gets what is nobody's. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { WorkspaceId } from '../../../shared/ids.ts'
import { listConversations } from '../../../shared/messages/list-conversations.ts'
import { listMessages } from '../../../shared/messages/list-messages.ts'
import { messageDetail } from '../../../shared/messages/message-detail.ts'
import { queueText } from '../../../shared/messages/queue-text.ts'
import { createPhoneNumber } from '../../../shared/phone-numbers/create.ts'
import { applyMessages } from '../../../shared/webhooks/apply-messages.ts'
import { applyStatuses } from '../../../shared/webhooks/apply-statuses.ts'
import { webhookIntake } from '../../../shared/webhooks/intake.ts'
import { receiveWebhook } from '../../../shared/webhooks/receive.ts'
import { aWorkspaceId } from '../../support/builders.ts'
import { aMessageWorld, inbound, type MessageWorld } from '../../support/message-world.ts'
import { aPost, parkedBy, signatureOf } from '../../support/webhooks.ts'

let w: MessageWorld
beforeAll(async () => {
  w = await aMessageWorld()
})
afterAll(() => w.close())

const NOBODYS = '404000000000001'
const PERSON = '+15550100042'

interface Side {
  workspaceId: WorkspaceId
  metaId: string
  sent: string
}

/** A workspace that the person wrote to a while ago, and that answered. */
async function aSide(workspaceId: WorkspaceId, phoneNumberId: string, metaId: string): Promise<Side> {
  const received_at = new Date().toISOString()
  const changes = [of(metaId, { messages: [hello(`wamid.first.${metaId}`, 60)] })]
  await applyMessages(w.deps, { received_at, changes })
  const message = { phone_number_id: phoneNumberId, to: PERSON, text: 'Hello' }
  const { id: sent } = await queueText(w.deps, workspaceId, message)
  await w.deliver()
  return { workspaceId, metaId, sent }
}

/** A change about the number, with what it has beside its metadata. */
function of(metaId: string, parts: Record<string, unknown>) {
  return {
    entry_id: '1',
    entry_time: null,
    field: 'messages',
    value: { metadata: { phone_number_id: metaId }, ...parts },
  }
}

function hello(id: string, secondsAgo = 30) {
  return inbound(w, PERSON, new Date(Date.now() - secondsAgo * 1000), { id, text: { body: id } }).value.messages[0]
}

function delivered(messageId: string) {
  const timestamp = String(Math.floor(Date.now() / 1000))
  return { id: `wamid.of.${messageId}`, status: 'delivered', timestamp, biz_opaque_callback_data: messageId }
}

async function bySignedWebhook(changes: ReturnType<typeof of>[]): Promise<void> {
  const entry = changes.map(({ entry_id: id, field, value }) => ({ id, changes: [{ field, value }] }))
  const body = JSON.stringify({ object: 'whatsapp_business_account', entry })
  const deps = { ...w.deps, webhookIntake: webhookIntake(w.deps) }
  await receiveWebhook(deps, aPost(body, signatureOf(body, w.simulator.appSecret)))
  for (const queued of w.taken('webhook-messages')) await applyMessages(w.deps, queued)
  for (const queued of w.taken('webhook-statuses')) await applyStatuses(w.deps, queued)
}

async function inboxOf({ workspaceId }: Side) {
  const { conversations } = await listConversations(w.deps, workspaceId, { limit: 10 })
  const { messages } = await listMessages(w.deps, workspaceId, { limit: 10 })
  return {
    unread: conversations.map(({ unread_count }) => unread_count),
    messages: messages
      .map(messageDetail)
      .map(({ id, direction, status, text }) => (direction === 'inbound' ? text : { id, status })),
  }
}

it('each gets what is its own, once, and the rest is kept for inspection', async () => {
  const other = aWorkspaceId()
  const { phone_number_id: metaId } = (await w.simulator.control('POST', 'phone-numbers', {})) as {
    phone_number_id: string
  }
  const number = await createPhoneNumber(w.deps, other, {
    metaId,
    accessToken: w.simulator.accessToken,
    displayName: null,
    wabaId: null,
  })
  const a = await aSide(w.workspaceId, w.phoneNumberId, w.simulator.phoneNumberId)
  const b = await aSide(other, number.id, metaId)
  const nobodys = { messages: [hello('wamid.nobody')], statuses: [delivered(a.sent)] }
  // A number tells of a message that is another workspace's.
  const foreign = of(b.metaId, { statuses: [delivered(a.sent)] })
  const changes = [
    of(a.metaId, { messages: [hello('wamid.a')], statuses: [delivered(a.sent)] }),
    of(NOBODYS, nobodys),
    of(b.metaId, { messages: [hello('wamid.b')], statuses: [delivered(b.sent)] }),
    foreign,
  ]
  const parked = await parkedBy(w.world, async () => {
    // Meta repeats itself.
    for (const body of [changes, changes.toReversed()]) await bySignedWebhook(body)
  })
  const rest = [of(NOBODYS, { messages: nobodys.messages }), of(NOBODYS, { statuses: nobodys.statuses }), foreign]
  const texts = (all: unknown[]) => new Set(all.map((each) => JSON.stringify(each)))
  expect(texts(parked)).toEqual(texts(rest))
  for (const [side, word] of [
    [a, 'wamid.a'],
    [b, 'wamid.b'],
  ] as const) {
    expect(await inboxOf(side)).toEqual({
      unread: [2],
      messages: [{ id: side.sent, status: 'delivered' }, word, `wamid.first.${side.metaId}`],
    })
  }
})
