/** Takes in what people write to our numbers. What is no message of a person we know how to name is kept for inspection. */
import { z } from 'zod'
import { parsePhone } from '../contacts/phone.ts'
import type { Deps } from '../deps.ts'
import { personKey } from '../contacts/person.ts'
import { receiveMessage, type Received } from '../messages/receive.ts'
import type { NumberOwner } from '../phone-numbers/owners.ts'
import type { QueueMessage } from '../queue/messages.ts'
import { loadChanges } from './load.ts'
import { park } from './park.ts'
import type { Change } from './split.ts'

const MessageChange = z.looseObject({
  metadata: z.looseObject({ phone_number_id: z.string() }),
  messages: z.array(z.unknown()),
  contacts: z.array(z.unknown()).optional().catch(undefined),
})

const text = z.string().min(1).optional().catch(undefined)

/** Meta leaves the number out, or empty, for people with a username. */
const Inbound = z
  .looseObject({
    id: z.string().min(1).max(512),
    timestamp: z.coerce.number().int().positive().max(0xffff_ffff),
    type: z.string(),
    from: text,
    from_user_id: text,
    group_id: text,
  })
  .refine(({ group_id }) => group_id === undefined)

const Sender = z.looseObject({ wa_id: text, user_id: text })

/** Notes of WhatsApp's about a person or an earlier message. */
const NO_MESSAGES_OF_A_PERSON = new Set(['system', 'edit', 'revoke'])

type InboundDeps = Pick<Deps, 'containers' | 'blobs' | 'log' | 'now' | 'numberOwners'>

/** One message that cannot be stored never holds up the others; what failed is tried again with the whole entry. */
export async function applyMessages(deps: InboundDeps, entry: QueueMessage<'webhook-messages'>): Promise<void> {
  const unusable: Change[] = []
  const failures: unknown[] = []
  for (const change of await loadChanges(deps, entry)) {
    try {
      unusable.push(...(await applyChange(deps, change, entry.received_at)))
    } catch (error) {
      failures.push(error)
    }
  }
  if (unusable.length > 0) await park(deps, 'message', JSON.stringify(unusable))
  if (failures.length > 0) throw new Error(`${failures.length} message event(s) failed`, { cause: failures[0] })
}

/** What is left of the change that could not be used. */
async function applyChange(deps: InboundDeps, change: Change, receivedAt: string): Promise<Change[]> {
  const parsed = MessageChange.safeParse(change.value)
  const owner = parsed.success ? await deps.numberOwners.findNow(parsed.data.metadata.phone_number_id) : undefined
  if (!parsed.success || !owner) return [change]
  const { messages, contacts = [], ...rest } = parsed.data
  const odd: unknown[] = []
  for (const item of messages) {
    const inbound = readMessage(item, contacts, receivedAt)
    if (inbound) await receive(deps, owner, inbound)
    else odd.push(item)
  }
  // Errors that Meta tells beside the messages are nobody's message.
  if (odd.length === 0 && !('errors' in rest)) return []
  return [{ ...change, value: { ...rest, contacts, messages: odd } }]
}

interface InboundFrom extends Received {
  person: string
}

function receive(deps: InboundDeps, owner: NumberOwner, { person, ...received }: InboundFrom): Promise<void> {
  const { workspaceId, phoneNumberId } = owner
  return receiveMessage(deps, { workspaceId, phoneNumberId, person }, received)
}

function readMessage(item: unknown, contacts: unknown[], receivedAt: string): InboundFrom | undefined {
  const parsed = Inbound.safeParse(item)
  if (!parsed.success) return undefined
  const { id, timestamp, type, from, from_user_id: userId } = parsed.data
  const person = from === undefined ? userId : personWithNumber(from)
  if (person === undefined) return undefined
  // A time ahead of ours would hold the window open longer than Meta does.
  const at = Math.min(timestamp * 1000, Date.parse(receivedAt))
  return {
    person,
    wamid: id,
    sentAt: new Date(at).toISOString(),
    opensWindow: !NO_MESSAGES_OF_A_PERSON.has(type),
    item,
    sender: senderOf(contacts, from, userId),
  }
}

/** As a number that is sent to is written. */
function personWithNumber(waId: string): string {
  const parsed = parsePhone(`+${waId}`)
  return personKey(parsed.ok ? parsed.phone.waId : waId)
}

/** The entry of `contacts` about who wrote; null if Meta sent none. */
function senderOf(contacts: unknown[], from: string | undefined, userId: string | undefined): unknown {
  const isSender = (contact: unknown) => {
    const { wa_id, user_id } = Sender.safeParse(contact).data ?? {}
    return (wa_id !== undefined && wa_id === from) || (user_id !== undefined && user_id === userId)
  }
  return contacts.find(isSender) ?? null
}
