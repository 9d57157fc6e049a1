/** Takes in what people write to our numbers, and what is written from them elsewhere. What cannot be read is kept for inspection. */
import { contactForInbound } from '../contacts/for-inbound.ts'
import { personOfContact } from '../contacts/person.ts'
import type { Contact } from '../contacts/schema.ts'
import type { Deps } from '../deps.ts'
import type { WorkspaceId } from '../ids.ts'
import { personOfGroup } from '../messages/conversation.ts'
import { kindOf } from '../messages/kinds.ts'
import { receiveMessage, type Taken } from '../messages/receive.ts'
import type { ReceivedMessage } from '../messages/schema.ts'
import type { NumberOwner } from '../phone-numbers/owners.ts'
import type { QueueMessage } from '../queue/messages.ts'
import { publishReceived } from '../webhook-endpoints/received.ts'
import { countReplies } from './count-replies.ts'
import { rememberedSettings, type SettingsOf } from '../workspaces/settings.ts'
import { followPerson } from './follow-person.ts'
import { loadChanges } from './load.ts'
import { park } from './park.ts'
import { readMessages, type ReadMessage } from './read-messages.ts'
import type { Change } from './split.ts'

type InboundDeps = Pick<
  Deps,
  'containers' | 'blobs' | 'events' | 'facts' | 'log' | 'messageCounts' | 'now' | 'numberOwners' | 'once' | 'queues'
>

/** One message that cannot be stored never holds up the others; what failed is tried again with the whole entry. */
export async function applyMessages(deps: InboundDeps, entry: QueueMessage<'webhook-messages'>): Promise<void> {
  const done: Done = { received: [], unusable: [], failures: [] }
  const asking = { ...deps, settingsOf: rememberedSettings(deps) }
  for (const change of await loadChanges(deps, entry)) await applyChange(asking, change, entry.received_at, done)
  const { received, unusable, failures } = done
  await countReplies(deps, received)
  if (unusable.length > 0) await park(deps, 'message', JSON.stringify(unusable))
  if (failures.length > 0) throw new Error(`${failures.length} message event(s) failed`, { cause: failures[0] })
}

interface Done {
  received: ReceivedMessage[]
  unusable: Change[]
  failures: unknown[]
}

type Asking = InboundDeps & { settingsOf: SettingsOf }

async function applyChange(deps: Asking, change: Change, receivedAt: string, done: Done): Promise<void> {
  const read = readMessages(change, receivedAt)
  const owner = read && (await deps.numberOwners.findNow(read.metaId))
  if (!read || !owner) {
    done.unusable.push(change)
    return
  }
  if (read.rest) done.unusable.push(read.rest)
  for (const message of read.messages) {
    try {
      const taken = await receive(deps, owner, message)
      done.received.push(taken.message)
      if (taken.again) await takeInAgain(deps, receivedAt, only(message, change))
    } catch (error) {
      done.failures.push(error)
    }
  }
}

async function receive(deps: Asking, owner: NumberOwner, read: ReadMessage): Promise<Taken> {
  const { workspaceId, phoneNumberId } = owner
  const contact = await contactOf(deps, workspaceId, read)
  const address = { workspaceId, phoneNumberId, person: personOf(contact, read) }
  const taken = await receiveMessage(deps, address, {
    ...read,
    contactId: contact?.id ?? null,
    formerContactIds: (read.groupId === undefined ? contact?.former_ids : undefined) ?? [],
  })
  const { message } = taken
  // All of this behind the write, and also for a repetition: a crash in between loses nothing.
  await publishReceived(deps, message)
  if (message.media?.state === 'waiting') {
    await deps.queues.send('inbound-media', { workspace_id: workspaceId, message_id: message.id })
  }
  if (contact) await followPerson(deps, owner, contact, read)
  return taken
}

/** A block of a campaign is sent and recorded in less time, nearly always. */
const AGAIN_SECONDS = 10
/** A queue message holds no more. */
const MOST_BYTES = 47_000

/** A repetition like those of Meta's: it changes nothing but what is not known yet. */
async function takeInAgain({ queues, log }: InboundDeps, receivedAt: string, change: Change): Promise<void> {
  const bytes = Buffer.byteLength(JSON.stringify(change))
  if (bytes > MOST_BYTES) {
    log.warn('message.answers_unknown', { bytes })
    return
  }
  const entry = { received_at: receivedAt, changes: [change] }
  await queues.send('webhook-messages', entry, { delaySeconds: AGAIN_SECONDS })
}

/** The change as Meta would have sent it for this message alone. */
function only({ item, sender }: ReadMessage, change: Change): Change {
  const { metadata } = change.value as { metadata: unknown } // or there would be no message
  return { ...change, value: { metadata, contacts: sender === null ? [] : [sender], messages: [item] } }
}

/** Who wrote it, or whom the business wrote to. Nobody where Meta tells only a group. */
async function contactOf(
  deps: InboundDeps,
  workspaceId: WorkspaceId,
  { waId, userId, profileName, username, sentAt: at, direction, item }: ReadMessage,
): Promise<Contact | undefined> {
  if (waId === undefined && userId === undefined) return undefined
  const isPassive = direction === 'echo' || kindOf(item) === 'system'
  return contactForInbound(deps, workspaceId, { waId, userId, profileName, username, at, isPassive })
}

function personOf(contact: Contact | undefined, { groupId }: ReadMessage): string {
  if (groupId !== undefined) return personOfGroup(groupId)
  if (!contact) throw new RangeError('A message is from a person or in a group')
  return personOfContact(contact)
}
