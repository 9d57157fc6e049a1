/** Takes in what people write to our numbers, and what is written from them elsewhere. What cannot be read is kept for inspection. */
import { contactForInbound } from '../contacts/for-inbound.ts'
import { personKey } from '../contacts/person.ts'
import type { Contact } from '../contacts/schema.ts'
import type { Deps } from '../deps.ts'
import type { WorkspaceId } from '../ids.ts'
import { personOfGroup } from '../messages/conversation.ts'
import { receiveMessage } from '../messages/receive.ts'
import type { NumberOwner } from '../phone-numbers/owners.ts'
import type { QueueMessage } from '../queue/messages.ts'
import { publishReceived } from '../webhook-endpoints/received.ts'
import { followPerson } from './follow-person.ts'
import { loadChanges } from './load.ts'
import { park } from './park.ts'
import { readMessages, type ReadMessage } from './read-messages.ts'
import type { Change } from './split.ts'

type InboundDeps = Pick<Deps, 'containers' | 'blobs' | 'events' | 'log' | 'now' | 'numberOwners' | 'queues'>

/** One message that cannot be stored never holds up the others; what failed is tried again with the whole entry. */
export async function applyMessages(deps: InboundDeps, entry: QueueMessage<'webhook-messages'>): Promise<void> {
  const unusable: Change[] = []
  const failures: unknown[] = []
  for (const change of await loadChanges(deps, entry)) {
    const read = readMessages(change, entry.received_at)
    const owner = read && (await deps.numberOwners.findNow(read.metaId))
    if (!read || !owner) {
      unusable.push(change)
      continue
    }
    if (read.rest) unusable.push(read.rest)
    for (const message of read.messages) {
      try {
        await receive(deps, owner, message)
      } catch (error) {
        failures.push(error)
      }
    }
  }
  if (unusable.length > 0) await park(deps, 'message', JSON.stringify(unusable))
  if (failures.length > 0) throw new Error(`${failures.length} message event(s) failed`, { cause: failures[0] })
}

async function receive(deps: InboundDeps, owner: NumberOwner, read: ReadMessage): Promise<void> {
  const { workspaceId, phoneNumberId } = owner
  const contact = await contactOf(deps, workspaceId, read)
  const address = { workspaceId, phoneNumberId, person: personOf(contact, read) }
  const { message } = await receiveMessage(deps, address, {
    ...read,
    contactId: contact?.id ?? null,
    formerContactIds: (read.groupId === undefined ? contact?.former_ids : undefined) ?? [],
  })
  // All of this behind the write, and also for a repetition: a crash in between loses nothing.
  await publishReceived(deps, message)
  if (message.media?.state === 'waiting') {
    await deps.queues.send('inbound-media', { workspace_id: workspaceId, message_id: message.id })
  }
  if (contact) await followPerson(deps, owner, contact, read)
}

/** Who wrote it, or whom the business wrote to. Nobody where Meta tells only a group. */
async function contactOf(
  deps: InboundDeps,
  workspaceId: WorkspaceId,
  { waId, userId, profileName, username, sentAt: at }: ReadMessage,
): Promise<Contact | undefined> {
  if (waId === undefined && userId === undefined) return undefined
  return contactForInbound(deps, workspaceId, { waId, userId, profileName, username, at })
}

/** With whom the conversation is: the number the person has now, or their user id where they show none. */
function personOf(contact: Contact | undefined, { groupId }: ReadMessage): string {
  if (groupId !== undefined) return personOfGroup(groupId)
  if (!contact) throw new RangeError('A message is from a person or in a group')
  return contact.wa_id === null ? (contact.user_id ?? contact.id) : personKey(contact.wa_id)
}
