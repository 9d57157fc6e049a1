/** `POST /{phone-number-id}/messages`: check, keep within the limits, accept, and plan what the recipient does. */
import { isBsuid } from './contacts.ts'
import { GraphError, required } from './errors.ts'
import { failedFate, sentOnlyFate, usualFate } from './fate.ts'
import type { Step } from './fate.ts'
import { planAnswer } from './inbound.ts'
import { isObject, textOf } from './json.ts'
import type { Json } from './json.ts'
import type { Sent } from './ledger.ts'
import { badValue, checkedContent, missing } from './message-rules.ts'
import { mediaFailure } from './media-rules.ts'
import { checkedTemplate } from './template-send-rules.ts'
import type { Template } from './template-types.ts'
import { isIncoming, newWamid } from './wamid.ts'
import { digitsOf } from './world.ts'
import type { PhoneNumber, World } from './world.ts'

type Recipient = { input: string; user: string }
type Draft = {
  type: string
  content: Json
  template: Template | undefined
  callback: string | null
  mediaFailure: number | undefined
}

const cannotSend: Readonly<Record<string, number>> = {
  DELETED: 33,
  BANNED: 131031,
  RESTRICTED: 368,
  FLAGGED: 131048,
  RATE_LIMITED: 131048,
}

/** The answer of an accepted message. It must be durable before it is given. */
export function postMessage(world: World, number: PhoneNumber, fields: Json | undefined): Json {
  const body = fields ?? {}
  if (body['messaging_product'] !== 'whatsapp') throw required('messaging_product')
  if (body['status'] !== undefined) return markRead(body)
  const recipient = recipientOf(body)
  const draft = draftOf(world, number, body)
  checkSender(number, recipient, draft)
  // The time that counts is the time that is written down.
  const at = world.now()
  const limit = world.limits.take(world.behaviour, number, recipient.user, at)
  if (limit !== undefined) throw new GraphError(limit)
  const sent = accept(world, number, recipient, { draft, at })
  return answerOf(sent, recipient, draft)
}

/** Read receipts name a message that the user wrote; a typing indicator may come with one. */
function markRead({ status, message_id: messageId, typing_indicator: typing }: Json): Json {
  if (status !== 'read') throw badValue('status must be read')
  if (textOf(messageId) === undefined) throw required('message_id')
  if (!isIncoming(String(messageId))) throw badValue('message_id does not name a message of a user')
  if (typing !== undefined && !(isObject(typing) && typing['type'] === 'text'))
    throw badValue('typing_indicator type must be text')
  return { success: true }
}

function recipientOf(body: Json): Recipient {
  const { recipient_type: kind = 'individual', to, recipient } = body
  if (kind === 'group') throw new GraphError(131041)
  if (kind !== 'individual') throw badValue('recipient_type is not valid')
  // `to` wins where both are given.
  if (textOf(to) !== undefined) return byPhone(String(to))
  const userId = textOf(recipient)
  if (userId === undefined) throw required('to')
  if (!isBsuid(userId)) throw badValue('recipient is not a business-scoped user id')
  return { input: userId, user: userId }
}

function byPhone(to: string): Recipient {
  const digits = digitsOf(to)
  if (!/^\+?[\d\s()-]+$/.test(to) || digits.length < 7 || digits.length > 15) {
    throw badValue('to is not a valid phone number')
  }
  // WhatsApp knows Mexican mobiles with a 1 after the country code, whatever was dialled.
  return { input: to, user: /^52\d{10}$/.test(digits) ? `521${digits.slice(2)}` : digits }
}

function draftOf(world: World, number: PhoneNumber, body: Json): Draft {
  const { type, content } = checkedContent(body)
  const template = type === 'template' ? checkedTemplate(world, number.wabaId, content) : undefined
  const callback = body['biz_opaque_callback_data']
  if (callback !== undefined && (typeof callback !== 'string' || callback.length > 512)) {
    throw badValue('biz_opaque_callback_data must be at most 512 characters long')
  }
  const context = body['context']
  if (context !== undefined && (!isObject(context) || textOf(context['message_id']) === undefined)) {
    throw missing('context: parameter message_id is required')
  }
  return {
    type,
    content,
    template,
    callback: callback ?? null,
    mediaFailure: mediaFailure(world, number, type, content),
  }
}

function checkSender(number: PhoneNumber, { user }: Recipient, { template }: Draft): void {
  if (number.status !== 'CONNECTED') throw new GraphError(cannotSend[number.status] ?? 133010)
  if (user === digitsOf(number.displayPhoneNumber)) throw new GraphError(131021)
  if (template?.category === 'AUTHENTICATION' && isBsuid(user)) throw new GraphError(131062)
}

/** A draft that the limits let through, and when. */
interface Taken {
  draft: Draft
  at: number
}

function accept(world: World, number: PhoneNumber, { user }: Recipient, { draft, at }: Taken): Sent {
  const { ledger, outbox } = world
  const seq = ledger.nextSeq
  const isFree = draft.template === undefined
  const sent: Sent = {
    seq,
    at,
    to: user,
    phoneNumberId: number.id,
    wabaId: number.wabaId,
    type: draft.type,
    template: draft.template?.name ?? null,
    category: draft.template?.category.toLowerCase() ?? 'service',
    isFree,
    wamid: newWamid('outgoing', user, world.settings.serial, seq),
    callback: draft.callback,
    steps: stepsOf(world, number, user, { at, draft }),
    reported: 0,
    settled: 0,
  }
  ledger.accept(sent)
  sent.steps.forEach((step, index) => outbox.addStatus({ kind: 'status', due: step.due, sent, step: index }))
  planAnswer(world, sent, draft.template)
  return sent
}

function stepsOf(world: World, number: PhoneNumber, user: string, { at, draft }: Taken): Step[] {
  const { behaviour, settings } = world
  const code = lateFailure(world, number, user, draft)
  if (code !== undefined) return failedFate(behaviour, settings.seed, user, { at, code })
  if (draft.type === 'reaction') return sentOnlyFate(behaviour, settings.seed, user, at)
  // A held message is released as soon as the sample was liked, here after two seconds.
  const steps = usualFate(behaviour, settings.seed, user, draft.template?.pacing === 'release' ? at + 2000 : at)
  const read = steps.find((step) => step.status === 'read')
  if (read && draft.content['voice'] === true)
    steps.push({ status: 'played', at: read.at + 1000, due: read.due + 1000 })
  return steps
}

/** What Meta finds out only after it has answered 200. */
function lateFailure(world: World, number: PhoneNumber, user: string, draft: Draft): number | undefined {
  const isOpen = world.contacts.isWindowOpen(number.id, user, world.now())
  if (world.behaviour.enforce_windows && !draft.template && !isOpen) return 131047
  if (draft.type === 'reaction' && !isKnownMessage(world, draft.content['message_id'])) return 131009
  const failure = templateFailure(world, number, user, draft.template) ?? draft.mediaFailure
  return failure ?? (isOpen ? undefined : portfolioFailure(world, number, user))
}

/** Only users outside an open window count. */
function portfolioFailure(world: World, { wabaId, tier }: PhoneNumber, user: string): number | undefined {
  if (!world.behaviour.enforce_portfolio_limit) return undefined
  const businessId = world.wabas.get(wabaId)?.businessId ?? wabaId
  return world.limits.takePortfolio(businessId, tier, user, world.now()) ? undefined : 131048
}

function templateFailure(
  { contacts }: World,
  { wabaId }: PhoneNumber,
  user: string,
  template: Template | undefined,
): number | undefined {
  if (template?.category === 'MARKETING' && contacts.hasStoppedMarketing(wabaId, user)) return 131050
  return template?.pacing === 'drop' ? 132015 : undefined
}

function isKnownMessage(world: World, id: unknown): boolean {
  const wamid = textOf(id) ?? ''
  return isIncoming(wamid) || world.ledger.byWamid(wamid) !== undefined
}

function answerOf(sent: Sent, { input }: Recipient, { template }: Draft): Json {
  const contact = isBsuid(sent.to) ? { input, user_id: sent.to } : { input, wa_id: sent.to }
  const status =
    template === undefined
      ? {}
      : { message_status: template.pacing === 'none' ? 'accepted' : 'held_for_quality_assessment' }
  return { messaging_product: 'whatsapp', contacts: [contact], messages: [{ id: sent.wamid, ...status }] }
}
