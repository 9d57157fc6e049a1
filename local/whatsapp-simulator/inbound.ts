/** What users send to the business: messages of every type, with the noise of real payloads, and marketing preferences. */
import { personOf, isBsuid } from './contacts.ts'
import type { Person } from './contacts.ts'
import { answerOf } from './fate.ts'
import { sampleContent } from './inbound-samples.ts'
import { idOf, isObject, textOf } from './json.ts'
import type { Json } from './json.ts'
import type { Sent } from './ledger.ts'
import { receivedMedium } from './media.ts'
import { chance, hashOf } from './random.ts'
import { buttonsOf } from './template-types.ts'
import type { Template } from './template-types.ts'
import { newWamid } from './wamid.ts'
import { numberValue } from './webhook-bodies.ts'
import { digitsOf, nextNumber } from './world.ts'
import type { PhoneNumber, World } from './world.ts'

const mediaTypes = ['image', 'video', 'audio', 'document', 'sticker']
// These come without the sender's card.
const withoutContacts = ['system']
const unknownFieldPurpose = 301

/** Sends the webhook of one incoming message and opens the window. `request` lays over what the type usually has. */
export function receiveMessage(world: World, number: PhoneNumber, request: Json): { id: string; message: Json } {
  const at = typeof request['timestamp_ms'] === 'number' ? request['timestamp_ms'] : world.now()
  const user = userOf(request)
  const person = senderOf(world, user, request)
  const type = textOf(request['type']) ?? 'text'
  const id = textOf(request['id']) ?? newWamid('incoming', digitsOf(user), world.settings.serial, nextNumber(world))
  const message: Json = {
    ...originOf(number, person, request),
    id,
    timestamp: String(Math.floor(at / 1000)),
    type,
    ...contentOf(world, number, type, request),
    ...(Array.isArray(request['errors']) && { errors: request['errors'] }),
    ...(hasUnknownField(world, user) && { x_origin_hint: { device: 'companion', score: null } }),
  }
  // For an answer planned for later the window opens a moment early; nobody can tell from outside.
  world.contacts.heardFrom(number.id, user, at)
  if (person.userId !== undefined && person.userId !== user) world.contacts.heardFrom(number.id, person.userId, at)
  const contact = withoutContacts.includes(type) ? {} : { contacts: [contactOf(person)] }
  const value = { ...numberValue(world, number.id), ...contact, messages: [message] }
  const due = Math.max(at, world.now())
  world.outbox.addValue({ due, wabaId: number.wabaId, phoneNumberId: number.id, field: 'messages', value })
  return { id, message }
}

/** What a message quotes, where it came from and who wrote it. */
function originOf(number: PhoneNumber, person: Person, request: Json): Json {
  const { context, referral, group_id: groupId } = request
  const origin: Json = {}
  if (isObject(context)) origin['context'] = contextOf(number, context)
  if (isObject(referral)) origin['referral'] = referral
  if (!person.hidesPhone && person.waId !== undefined) origin['from'] = person.waId
  if (person.userId !== undefined) origin['from_user_id'] = person.userId
  if (textOf(groupId) !== undefined) origin['group_id'] = groupId
  return origin
}

/** The user stops or resumes marketing messages in the app. */
export function receivePreference(world: World, number: PhoneNumber, request: Json): Json {
  const user = userOf(request)
  const person = senderOf(world, user, request)
  const value = request['value'] === 'resume' ? 'resume' : 'stop'
  world.contacts.setMarketing(number.wabaId, user, value)
  const preference = {
    ...(person.waId !== undefined && { wa_id: person.waId }),
    ...(person.userId !== undefined && { user_id: person.userId }),
    detail: `User requested to ${value} marketing messages`,
    category: 'marketing_messages',
    value,
    timestamp: Math.floor(world.now() / 1000),
  }
  const body = { ...numberValue(world, number.id), contacts: [contactOf(person)], user_preferences: [preference] }
  world.outbox.addValue({
    due: world.now(),
    wabaId: number.wabaId,
    phoneNumberId: number.id,
    field: 'user_preferences',
    value: body,
  })
  return preference
}

/** Plans what the recipient writes back after the delivery, if they are one who does. */
export function planAnswer(world: World, sent: Sent, template: Template | undefined): void {
  const reached = sent.steps.find((step) => step.status === 'delivered' || step.status === 'read')
  const number = world.phoneNumbers.get(sent.phoneNumberId)
  if (!reached || !number) return
  const { behaviour, settings } = world
  const answer = answerOf(behaviour, settings.seed, sent.to, reached.at)
  if (!answer) return
  const common = { from: sent.to, timestamp_ms: answer.due }
  const button = template && buttonsOf(template).find((candidate) => candidate['type'] === 'QUICK_REPLY')
  const label = textOf(button?.['text'])
  if (behaviour.answers.press_buttons && label !== undefined) {
    const pressed = { type: 'button', button: { payload: label, text: label }, context: { id: sent.wamid } }
    receiveMessage(world, number, { ...common, ...pressed })
    return
  }
  receiveMessage(world, number, { ...common, type: 'text', text: { body: answer.text } })
}

function userOf(request: Json): string {
  const from = idOf(request['from']) ?? textOf(request['user_id'])
  if (from === undefined) throw new TypeError('from (a phone number) or user_id (a business-scoped id) is required')
  return isBsuid(from) ? from : digitsOf(from)
}

/** What the request says about the sender goes before what the seed says. `null` leaves a part out. */
function senderOf(world: World, user: string, request: Json): Person {
  const usual = personOf(world.behaviour, world.settings.seed, user)
  const { user_id: userId, name, username, hide_phone: hide } = request
  const contact = { ...usual.contact }
  if (name === null) delete contact['profile']
  if (typeof name === 'string' || typeof username === 'string') {
    const before = isObject(contact['profile']) ? contact['profile'] : {}
    contact['profile'] = {
      ...before,
      ...(typeof name === 'string' && { name }),
      ...(typeof username === 'string' && { username }),
    }
  }
  if (typeof userId === 'string') contact['user_id'] = userId
  if (userId === null) delete contact['user_id']
  return {
    ...usual,
    userId: textOf(contact['user_id']),
    hidesPhone: typeof hide === 'boolean' ? hide : usual.hidesPhone,
    contact,
  }
}

function contactOf({ contact, hidesPhone }: Person): Json {
  if (!hidesPhone) return contact
  const { wa_id: _hidden, ...shown } = contact
  return shown
}

/** A quoted message is one of the business, unless the request says otherwise. */
function contextOf(number: PhoneNumber, context: Json): Json {
  return 'id' in context ? { from: digitsOf(number.displayPhoneNumber), ...context } : context
}

function contentOf(world: World, number: PhoneNumber, type: string, request: Json): Json {
  const given = request[type]
  if (mediaTypes.includes(type)) {
    const wanted = { ...sampleContent[type], ...(isObject(given) && given) }
    return { [type]: receivedMedium(world, number, wanted, request['bytes']) }
  }
  if (given !== undefined) return { [type]: given }
  const sample = sampleContent[type]
  if (type === 'unsupported') return { unsupported: sample, errors: [unsupportedError] }
  return sample === undefined ? {} : { [type]: type === 'contacts' ? [sample] : sample }
}

const unsupportedError = {
  code: 131051,
  title: 'Message type unknown',
  message: 'Message type unknown',
  error_data: { details: 'Message type is currently not supported.' },
}

function hasUnknownField(world: World, user: string): boolean {
  return chance(hashOf(world.settings.seed, user), unknownFieldPurpose) < world.behaviour.unknown_fields
}
