/** Puts due updates into the envelope `entry[].changes[].value` in the shapes of the webhook reference. */
import { personOf } from './contacts.ts'
import type { Person } from './contacts.ts'
import { webhookError } from './errors.ts'
import type { Step } from './fate.ts'
import type { Json } from './json.ts'
import type { Sent } from './ledger.ts'
import { chance, hashOf } from './random.ts'
import { digitsOf } from './world.ts'
import type { World } from './world.ts'

export type StatusUpdate = { kind: 'status'; due: number; order?: number; sent: Sent; step: number }
export type ValueUpdate = {
  kind: 'value'
  id: string
  due: number
  order?: number
  wabaId: string
  phoneNumberId: string | null
  field: string
  value: Json
}
export type Update = StatusUpdate | ValueUpdate

type Entry = { id: string; time?: number; changes: Json[] }
const purpose = { unknownField: 201, separate: 202 }

export function wabaOf(update: Update): string {
  return update.kind === 'status' ? update.sent.wabaId : update.wabaId
}

export function phoneNumberOf(update: Update): string | null {
  return update.kind === 'status' ? update.sent.phoneNumberId : update.phoneNumberId
}

/** One body for many updates. Statuses of a number share one change, in some bodies each has its own: both occur. */
export function webhookBody(world: World, updates: readonly Update[]): Json {
  const entries = new Map<string, Entry>()
  const groups = new Map<string, StatusUpdate[]>()
  const isSeparate = chance(hashOf(world.settings.seed, String(updates[0]?.due ?? 0)), purpose.separate) < 0.2
  updates.forEach((update, index) => {
    if (update.kind === 'value') {
      entryOf(world, entries, update).changes.push({ value: update.value, field: update.field })
      return
    }
    const key = isSeparate ? String(index) : update.sent.phoneNumberId
    const group = groups.get(key)
    if (group) group.push(update)
    else groups.set(key, [update])
  })
  for (const group of groups.values()) {
    const [first] = group
    if (first)
      entryOf(world, entries, first).changes.push({ value: statusValue(world, group, first.sent), field: 'messages' })
  }
  return { object: 'whatsapp_business_account', entry: [...entries.values()] }
}

/** The start of every `value` that belongs to a phone number. */
export function numberValue(world: World, phoneNumberId: string): Json {
  const display = world.phoneNumbers.get(phoneNumberId)?.displayPhoneNumber ?? ''
  return {
    messaging_product: 'whatsapp',
    metadata: { display_phone_number: digitsOf(display), phone_number_id: phoneNumberId },
  }
}

/** Fields about a number carry no `time`, those about an account do. */
function entryOf(world: World, entries: Map<string, Entry>, update: Update): Entry {
  const id = wabaOf(update)
  const isTimed = update.kind === 'value' && update.value['messaging_product'] === undefined
  const key = `${id}${isTimed ? '+' : '-'}`
  const known = entries.get(key)
  if (known) return known
  const entry: Entry = isTimed ? { id, time: Math.floor(world.now() / 1000), changes: [] } : { id, changes: [] }
  entries.set(key, entry)
  return entry
}

function statusValue(world: World, updates: readonly StatusUpdate[], { phoneNumberId }: Sent): Json {
  const contacts = new Map<string, Json>()
  const statuses: Json[] = []
  for (const { sent, step: index } of updates) {
    const step = sent.steps[index]
    if (!step) continue
    const person = personOf(world.behaviour, world.settings.seed, sent.to)
    // The older form without contacts is still what users have of whom no business-scoped id is known.
    if (step.status !== 'failed' && person.userId !== undefined) contacts.set(sent.to, person.contact)
    statuses.push(statusOf(world, person, sent, step))
  }
  return {
    ...numberValue(world, phoneNumberId),
    ...(contacts.size > 0 && { contacts: [...contacts.values()] }),
    statuses,
  }
}

function statusOf({ behaviour, settings }: World, person: Person, sent: Sent, step: Step): Json {
  const showsUserId = step.status === 'failed' ? person.waId === undefined : true
  const status: Json = { id: sent.wamid, status: step.status, timestamp: String(Math.floor(step.at / 1000)) }
  if (person.waId !== undefined) status['recipient_id'] = person.waId
  if (person.userId !== undefined && showsUserId) status['recipient_user_id'] = person.userId
  if (sent.callback !== null) status['biz_opaque_callback_data'] = sent.callback
  if (isPriced(sent, step)) status['pricing'] = pricingOf(sent)
  if (step.code !== undefined) status['errors'] = [webhookError(step.code)]
  if (chance(hashOf(settings.seed, sent.to), purpose.unknownField) < behaviour.unknown_fields) {
    status['delivery_hint'] = { source: 'edge', attempts: [1, null], note: 'not in any reference' }
  }
  return status
}

/** On `sent` and on one of delivered and read. */
function isPriced(sent: Sent, { status }: Step): boolean {
  if (status === 'sent' || status === 'delivered') return true
  return status === 'read' && !sent.steps.some((step) => step.status === 'delivered')
}

function pricingOf({ isFree, category }: Sent): Json {
  return isFree
    ? { billable: false, pricing_model: 'PMP', type: 'free_customer_service', category }
    : { billable: true, pricing_model: 'PMP', type: 'regular', category }
}
