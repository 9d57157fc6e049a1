/** Rules of conversations: how one begins, what a message changes about it, and when the service window is open. */
import { conversationId, conversationKey } from '../ids.ts'
import type { Conversation, LastMessage } from './schema.ts'
import type { ConversationAddress } from './store.ts'

/** Within this time after a person wrote, anything may be sent to them; later only templates. */
export const WINDOW_MS = 24 * 60 * 60_000

export function newConversation(address: ConversationAddress, contactId: string | null, now: Date): Conversation {
  const { workspaceId, phoneNumberId, person } = address
  const at = now.toISOString()
  return {
    id: conversationId(workspaceId, phoneNumberId, person),
    workspace_id: workspaceId,
    conversation: conversationKey(workspaceId, phoneNumberId, person),
    type: 'conversation',
    v: 1,
    phone_number_id: phoneNumberId,
    person,
    contact_id: contactId,
    last_inbound_at: null,
    last_inbound_wamid: null,
    read_wamid: null,
    unread_count: 0,
    last_message: null,
    last_activity_at: at,
    earlier: [],
    former_contact_ids: [],
    created_at: at,
    updated_at: at,
  }
}

/** What one message means for its conversation. */
export interface Arrival {
  wamid: string
  at: string
  opensWindow: boolean
  isUnread: boolean
  /** Absent where the message is not to be read by itself. */
  shown?: LastMessage | undefined
}

/** With one more message in it. Called once for each message, in any order. */
export function withArrival(conversation: Conversation, arrival: Arrival): Conversation {
  const next = { ...conversation, unread_count: conversation.unread_count + (arrival.isUnread ? 1 : 0) }
  const { last_inbound_at: known } = conversation
  if (arrival.opensWindow && (known === null || known < arrival.at)) {
    next.last_inbound_at = arrival.at
    next.last_inbound_wamid = arrival.wamid
  }
  return arrival.shown ? withLast(next, arrival.shown) : next
}

/** Shows this message unless a later one is shown already. */
export function withLast(conversation: Conversation, shown: LastMessage): Conversation {
  const { last_message: last } = conversation
  if (last && orderOf(last) >= orderOf(shown)) return conversation
  return { ...conversation, last_message: shown, last_activity_at: shown.at }
}

function orderOf({ at, id }: LastMessage): string {
  return `${at} ${id}`
}

/** The last message was edited or taken back. */
export function withPreviewOf(conversation: Conversation, wamid: string, text: string | null): Conversation {
  const { last_message: last } = conversation
  return last?.wamid === wamid ? { ...conversation, last_message: { ...last, text } } : conversation
}

export function isWindowOpen(conversation: Conversation | undefined, now: Date): boolean {
  const closesAt = windowClosesAt(conversation)
  return closesAt !== null && now.getTime() < Date.parse(closesAt)
}

/** Null if the person never wrote. */
export function windowClosesAt(conversation: Conversation | undefined): string | null {
  const { last_inbound_at: wroteAt = null, window_refused_at: refusedAt } = conversation ?? {}
  if (wroteAt === null) return null
  const closesAt = new Date(Date.parse(wroteAt) + WINDOW_MS).toISOString()
  return isRefused(conversation) && refusedAt !== undefined && refusedAt < closesAt ? refusedAt : closesAt
}

/** Meta took no free message after the last that the person wrote. */
export function isRefused(conversation: Conversation | undefined): boolean {
  const { last_inbound_at: wroteAt, window_refused_at: refusedAt } = conversation ?? {}
  return refusedAt !== undefined && (wroteAt ?? '') <= refusedAt
}

const GROUP = 'group:'

/** Whom a conversation is with: everything that is written in a group is one conversation. */
export function personOfGroup(groupId: string): string {
  return `${GROUP}${groupId}`
}

export function isGroup({ person }: Pick<Conversation, 'person'>): boolean {
  return person.startsWith(GROUP)
}

/** True for a business-scoped user id: the person's number is not known. */
export function isUserId(person: string): boolean {
  return /^[A-Z]{2}\./.test(person)
}
