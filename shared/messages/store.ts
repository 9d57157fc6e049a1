/** Messages, conversations and notes in Cosmos DB: point reads and writes, each inside one conversation's partition. */
import type { BatchOperation, Document, Stored } from '../azure/cosmos.ts'
import type { Deps } from '../deps.ts'
import { conversationId, conversationKey, conversationOf, keyOfConversation, type WorkspaceId } from '../ids.ts'
import { kindOf } from './kinds.ts'
import { notesId } from './notes.ts'
import { personQueries } from './of-person.ts'
import { Conversation, Message, MessageNotes, type OutboundMessage } from './schema.ts'
import { statusOf } from './status.ts'
import { messageQueries } from './store-queries.ts'
import { windowQueries } from './window-queries.ts'

/** Who talks with whom. */
export interface ConversationAddress {
  workspaceId: WorkspaceId
  phoneNumberId: string
  person: string
}

/** As a conversation or its notes were read, if they were there, and as they are now. */
export interface Changed<T> {
  before: Stored<T> | undefined
  now: T
}

type Item = Pick<Message | Conversation, 'workspace_id' | 'conversation'>

export function messageStore({ messages }: Pick<Deps['containers'], 'messages'>) {
  const partitionOf = ({ workspace_id, conversation }: Item) => [workspace_id, conversation]
  const find = async (workspaceId: WorkspaceId, id: string): Promise<Stored<Message> | undefined> => {
    const conversation = conversationOf(workspaceId, id)
    if (conversation === undefined) return undefined
    return messages.read(id, [workspaceId, conversation], (document) => Message.parse(document))
  }
  return {
    /** By an id of any origin: one that is no message's of this workspace leads nowhere. */
    find,

    async findOutbound(workspaceId: WorkspaceId, id: string): Promise<Stored<OutboundMessage> | undefined> {
      const stored = await find(workspaceId, id)
      return stored?.value.direction === 'outbound' ? { value: stored.value, etag: stored.etag } : undefined
    },

    findConversation({ workspaceId, phoneNumberId, person }: ConversationAddress) {
      const partition = [workspaceId, conversationKey(workspaceId, phoneNumberId, person)]
      const id = conversationId(workspaceId, phoneNumberId, person)
      return messages.read(id, partition, (document) => Conversation.parse(document))
    },

    /** By an id of any origin, as `find`. */
    async conversation(workspaceId: WorkspaceId, id: string): Promise<Stored<Conversation> | undefined> {
      const key = keyOfConversation(workspaceId, id)
      if (key === undefined) return undefined
      return messages.read(id, [workspaceId, key], (document) => Conversation.parse(document))
    },

    /** What is noted about the message with this wamid. */
    findNotes: ({ workspace_id, conversation, id }: Conversation, wamid: string) =>
      messages.read(notesId(id, wamid), [workspace_id, conversation], (document) => MessageNotes.parse(document)),

    async replace<T extends Message>(stored: Stored<T>, message: T): Promise<Stored<T>> {
      const { etag } = await messages.replace(stored, indexed(message), partitionOf(message))
      return { value: message, etag }
    },

    replaceConversation: (stored: Stored<Conversation>, conversation: Conversation) =>
      messages.replace(stored, conversation, partitionOf(conversation)),

    createConversation: (conversation: Conversation) => messages.create(conversation, partitionOf(conversation)),

    /**
     * A new message together with what it changes about its conversation and its notes: all or nothing. The message stands
     * first: nobody else writes it, so its write id tells whether a batch whose answer was lost was ours.
     */
    writeTogether(message: Message, conversation: Changed<Conversation>, notes?: Changed<MessageNotes>): Promise<void> {
      const operations: BatchOperation<Document>[] = [
        { kind: 'create', document: indexed(message) },
        writeOf(conversation),
        ...(notes ? [writeOf(notes)] : []),
      ]
      return messages.batch(operations, partitionOf(message))
    },

    ...messageQueries(messages),
    ...personQueries(messages),
    ...windowQueries(messages),
  }
}

function writeOf<T extends Document>({ before, now }: Changed<T>): BatchOperation<T> {
  return before ? { kind: 'replace', document: now, etag: before.etag } : { kind: 'create', document: now }
}

/** With the fields that lists filter by, which are made of the others: written here, so that none goes stale. */
function indexed<T extends Message>(message: T): T & { kind: string; status: string } {
  return { ...message, kind: kindOfMessage(message), status: statusOfMessage(message) }
}

export function kindOfMessage(message: Message): string {
  return message.direction === 'outbound' ? message.content.type : kindOf(message.received)
}

/** A message that the business sent from its phone is known to be sent, and no more. */
export function statusOfMessage(message: Message): string {
  if (message.direction === 'outbound') return statusOf(message)
  return message.direction === 'echo' ? 'sent' : 'received'
}

export type MessageStore = ReturnType<typeof messageStore>
