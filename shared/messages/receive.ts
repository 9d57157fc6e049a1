/**
 * Takes in a message from WhatsApp: it is stored once, whatever Meta repeats, in one batch with what it changes about its
 * conversation (window, unread count, last message) and, if it speaks of another message, with what it changes about that.
 */
import type { Stored } from '../azure/cosmos.ts'
import { retryingConflicts } from '../conflicts.ts'
import type { Deps } from '../deps.ts'
import { keyOfConversation, messageId } from '../ids.ts'
import { answeredBy } from './answered.ts'
import { conversationIdsOf, goOn, placeFor, type Place } from './continue.ts'
import { isUserId, newConversation, withArrival } from './conversation.ts'
import { erasedWamid, peopled } from './erased.ts'
import { effectOf, kindOf, targetOf } from './kinds.ts'
import { noNotes, noted } from './notes.ts'
import { arrivalOf, receivedMessage, withChange, withPerson } from './received-message.ts'
import type { Conversation, ReceivedMessage } from './schema.ts'
import { messageStore, type Changed, type ConversationAddress, type MessageStore } from './store.ts'

export interface Received {
  /** echo: the business wrote it in the app on its phone. */
  direction: 'inbound' | 'echo'
  wamid: string
  /** ISO 8601, by Meta's clock. */
  sentAt: string
  /** As Meta sent them. */
  item: unknown
  sender: unknown
  errorsBeside?: unknown
  /** Who wrote it, or whom it was written to. */
  contactId: string | null
  /** Other contacts that turned out to be that person. */
  formerContactIds: readonly string[]
  /** Who reacted, where a conversation has several people. */
  by: string
  /** From before the number was connected: long read. */
  isHistory: boolean
}

export interface Taken {
  message: ReceivedMessage
  /** False for a repetition. */
  isNew: boolean
  /** Which message it answers will be known in a moment: take it in once more then. */
  again: boolean
}

type ReceiveDeps = Pick<Deps, 'containers' | 'now'>

export async function receiveMessage(
  deps: ReceiveDeps,
  address: ConversationAddress,
  received: Received,
): Promise<Taken> {
  const store = messageStore(deps.containers)
  return retryingConflicts(async () => {
    const place = await wholePlace(deps, store, await placeFor(store, address, received.sentAt), received)
    const known = place.stored && peopled(place.stored.value, address.person)
    const conversation = known ?? newConversation(place.address, received.contactId, deps.now())
    const found = await findOrFree(store, conversation, received.wamid)
    // Written together with everything it changes: where the message is, all of that is.
    if ('known' in found) return knownAlready(deps, store, conversation, { stored: found.known, received })
    const { answers, again } = await answeredBy(deps, store, conversation, received)
    const message = receivedMessage({ id: found.id, conversation, received, answers }, deps.now())
    await write(store, { before: place.stored, now: conversation }, message, received)
    return { message, isNew: true, again }
  })
}

/** By then, what was being sent when an answer to it came has been recorded or given up. */
const LOOK_AGAIN_MS = 10 * 60_000

/** A repetition changes nothing, except that it may show now which message of ours was meant. */
async function knownAlready(
  deps: ReceiveDeps,
  store: MessageStore,
  conversation: Conversation,
  { stored, received }: { stored: Stored<ReceivedMessage>; received: Received },
): Promise<Taken> {
  const message = stored.value
  const taken = { message, isNew: false, again: false }
  if (message.direction !== 'inbound' || !message.answers || message.answers.message_id !== null) return taken
  if (deps.now().getTime() - Date.parse(message.received_at ?? message.created_at) > LOOK_AGAIN_MS) return taken
  const { answers, again } = await answeredBy(deps, store, conversation, received)
  if (!answers || answers.message_id === null) return { ...taken, again }
  const { value } = await store.replace(stored, { ...message, answers })
  return { ...taken, message: value }
}

/** With the conversations of all contacts that turned out to be this person. Asks only where that is news. */
async function wholePlace(
  { now }: ReceiveDeps,
  store: MessageStore,
  place: Place,
  { formerContactIds, sentAt }: Received,
): Promise<Place> {
  const { workspaceId, phoneNumberId } = place.address
  const known = new Set(place.stored?.value.former_contact_ids)
  const news = formerContactIds.filter((id) => !known.has(id))
  if (news.length === 0) return place
  let whole = place
  for (const { id } of await store.openConversationsOf(workspaceId, phoneNumberId, news)) {
    const other = await store.conversation(workspaceId, id)
    if (!other || other.value.continued_in || id === whole.stored?.value.id) continue
    // Begun anew by whoever has the number now.
    if (other.value.begins_at !== undefined) continue
    // A number may be somebody else's from now on; a user id never is.
    const at = isUserId(other.value.person) ? null : sentAt
    await goOn(store, other, whole, { at, now: now() })
    whole = await placeFor(store, whole.address, sentAt)
  }
  return whole
}

/**
 * The message with this wamid, or the id for it. An id has 42 bits for it: should two wamids of a conversation ever share
 * one, the second takes the next. In conversations that this one goes on from, it may have been stored before they ended.
 */
async function findOrFree(
  store: MessageStore,
  conversation: Conversation,
  wamid: string,
): Promise<{ known: Stored<ReceivedMessage> } | { id: string }> {
  const { workspace_id: workspaceId } = conversation
  let free: string | undefined
  for (const conversationId of conversationIdsOf(conversation)) {
    const key = keyOfConversation(workspaceId, conversationId)
    for (let turn = 0; key !== undefined; turn++) {
      const id = messageId(workspaceId, key, `${wamid}\n${turn}`)
      const stored = await store.find(workspaceId, id)
      if (!stored) {
        free ??= id
        break
      }
      const { value } = stored
      if (value.direction !== 'outbound' && isWamidOf(value, wamid)) return { known: { value, etag: stored.etag } }
    }
  }
  return { id: free ?? messageId(workspaceId, conversation.conversation) }
}

/** Also of a message whose content was taken out since. */
function isWamidOf({ wa_message_id: known }: ReceivedMessage, wamid: string): boolean {
  return known === wamid || known === erasedWamid(wamid)
}

async function write(
  store: MessageStore,
  conversation: Changed<Conversation>,
  message: ReceivedMessage,
  received: Received,
): Promise<void> {
  const target = targetOf(received.item)
  // What changed this message may have come before it.
  const about = target ?? (effectOf(kindOf(received.item)).isForReading ? received.wamid : null)
  const before = about === null ? undefined : await store.findNotes(conversation.now, about)
  const arrived = withPerson(withArrival(conversation.now, arrivalOf(message, received, before?.value)), received)
  const now = { ...arrived, updated_at: message.received_at ?? message.created_at }
  if (target === null) {
    await store.writeTogether(message, { ...conversation, now })
    return
  }
  const known = before?.value ?? noNotes(conversation.now, target)
  const { by, sentAt: at, wamid, item } = received
  const notes = noted(known, { by, at, wamid, item })
  const changed = notes === known ? undefined : { before, now: notes }
  await store.writeTogether(message, { ...conversation, now: withChange(now, target, notes) }, changed)
}
