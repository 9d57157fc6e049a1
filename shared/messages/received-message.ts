/** What a received message is as a document, and what it means for its conversation. */
import { isGroup, withPreviewOf, type Arrival } from './conversation.ts'
import { WAITING } from './inbound-media.ts'
import { effectOf, isMediaKind, kindOf } from './kinds.ts'
import { previewText } from './notes.ts'
import type { Received } from './receive.ts'
import type { Answered, Conversation, MessageNotes, ReceivedMessage } from './schema.ts'

interface Parts {
  id: string
  conversation: Conversation
  received: Received
  answers: Answered | null
}

export function receivedMessage({ id, conversation, received, answers }: Parts, now: Date): ReceivedMessage {
  const common = {
    id,
    workspace_id: conversation.workspace_id,
    conversation: conversation.conversation,
    type: 'message' as const,
    v: 1 as const,
    conversation_id: conversation.id,
    phone_number_id: conversation.phone_number_id,
    contact_id: received.contactId,
    wa_message_id: received.wamid,
    sent_at: received.sentAt,
    received: received.item,
    sender: received.sender,
    ...(received.errorsBeside === undefined ? {} : { errors_beside: received.errorsBeside }),
    is_history: received.isHistory,
    created_at: received.sentAt,
    received_at: now.toISOString(),
    ...(isMediaKind(kindOf(received.item)) ? { media: WAITING } : {}),
  }
  return received.direction === 'inbound'
    ? { ...common, direction: 'inbound', answers }
    : { ...common, direction: 'echo' }
}

/** `notes`: what was already noted about this very message. */
export function arrivalOf(message: ReceivedMessage, received: Received, notes: MessageNotes | undefined): Arrival {
  const { item, wamid, direction, isHistory, sentAt: at } = received
  const { opensWindow, isForReading } = effectOf(kindOf(item))
  const isInbound = direction === 'inbound'
  const shown = {
    id: message.id,
    direction: isInbound ? ('inbound' as const) : ('outbound' as const),
    kind: kindOf(item),
    text: previewText(item, notes),
    at,
    wamid,
  }
  return {
    wamid,
    at,
    opensWindow: isInbound && opensWindow,
    isUnread: isInbound && isForReading && !isHistory,
    ...(isForReading ? { shown } : {}),
  }
}

/** The message that is shown in lists may have been edited or taken back. */
export function withChange(conversation: Conversation, target: string, notes: MessageNotes): Conversation {
  if (!notes.edited && !notes.revoked) return conversation
  return withPreviewOf(conversation, target, previewText({}, notes))
}

export function withPerson(conversation: Conversation, { contactId, formerContactIds }: Received): Conversation {
  const { former_contact_ids: known } = conversation
  const isSame = formerContactIds.every((id) => known.includes(id))
  return {
    ...conversation,
    // Whoever writes in a group is one of several.
    contact_id: isGroup(conversation) ? null : (contactId ?? conversation.contact_id),
    former_contact_ids: isSame ? known : [...new Set([...known, ...formerContactIds])],
  }
}
