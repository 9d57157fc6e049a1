/**
 * Takes in a message that a person sent to one of our numbers: it is stored once, whatever Meta repeats, and opens the
 * conversation's service window by its own time, whatever order messages arrive in.
 */
import { retryingConflicts } from '../conflicts.ts'
import type { Deps } from '../deps.ts'
import { conversationKey, messageId } from '../ids.ts'
import { newConversation } from './conversation.ts'
import type { Conversation, InboundMessage } from './schema.ts'
import { messageStore, type ConversationAddress, type MessageStore } from './store.ts'

export interface Received {
  wamid: string
  /** ISO 8601, by Meta's clock. */
  sentAt: string
  /** False for what is no message of a person's, such as a note about a changed number. */
  opensWindow: boolean
  item: unknown
  sender: unknown
}

export async function receiveMessage(
  { containers, now }: Pick<Deps, 'containers' | 'now'>,
  address: ConversationAddress,
  received: Received,
): Promise<void> {
  const store = messageStore(containers)
  await retryingConflicts(async () => {
    const [stored, id] = await Promise.all([store.findConversation(address), freeId(store, address, received.wamid)])
    // Message and window are written together: where the message is, its window was opened.
    if (id === undefined) return
    const wroteAt = received.opensWindow ? received.sentAt : null
    const conversation = stored ? raised(stored.value, wroteAt, now()) : newConversation(address, wroteAt, now())
    const message = inboundMessage(id, conversation, received, now())
    if (!stored) await store.writeTogether(message, { kind: 'create', document: conversation })
    else if (conversation === stored.value) await store.create(message)
    else await store.writeTogether(message, { kind: 'replace', document: conversation, etag: stored.etag })
  })
}

/**
 * The id that this wamid gives, or undefined if the message is stored. An id has 42 bits for it: should two wamids of a
 * conversation ever share one, the second takes the next.
 */
async function freeId(
  store: MessageStore,
  { workspaceId, phoneNumberId, person }: ConversationAddress,
  wamid: string,
): Promise<string | undefined> {
  const conversation = conversationKey(workspaceId, phoneNumberId, person)
  for (let turn = 0; ; turn++) {
    const id = messageId(workspaceId, conversation, `${wamid}\n${turn}`)
    const stored = await store.find(workspaceId, id)
    if (!stored) return id
    if (stored.value.wa_message_id === wamid) return undefined
  }
}

/** The same conversation if the person wrote later than this already. */
function raised(conversation: Conversation, wroteAt: string | null, now: Date): Conversation {
  const { last_inbound_at: known } = conversation
  if (wroteAt === null || (known !== null && known >= wroteAt)) return conversation
  return { ...conversation, last_inbound_at: wroteAt, updated_at: now.toISOString() }
}

function inboundMessage(id: string, conversation: Conversation, received: Received, now: Date): InboundMessage {
  return {
    id,
    workspace_id: conversation.workspace_id,
    conversation: conversation.conversation,
    type: 'message',
    v: 1,
    direction: 'inbound',
    conversation_id: conversation.id,
    phone_number_id: conversation.phone_number_id,
    wa_message_id: received.wamid,
    sent_at: received.sentAt,
    received: received.item,
    sender: received.sender,
    created_at: now.toISOString(),
  }
}
