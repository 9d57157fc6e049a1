/** Messages and conversations in Cosmos DB: point reads and writes only, each inside one conversation's partition. */
import type { BatchOperation, Stored } from '../azure/cosmos.ts'
import type { Deps } from '../deps.ts'
import { conversationId, conversationKey, conversationOf, type WorkspaceId } from '../ids.ts'
import { Conversation, Message, type OutboundMessage } from './schema.ts'

/** Who talks with whom. */
export interface ConversationAddress {
  workspaceId: WorkspaceId
  phoneNumberId: string
  person: string
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

    /** Throws `conflict` if the id is in use. */
    create: (message: Message): Promise<Stored<Message>> => messages.create(message, partitionOf(message)),

    replace: (stored: Stored<OutboundMessage>, message: OutboundMessage): Promise<Stored<OutboundMessage>> =>
      messages.replace(stored, message, partitionOf(message)),

    /** A message together with what it changes about its conversation: both or neither. */
    writeTogether: (message: Message, conversation: BatchOperation<Conversation>): Promise<void> =>
      messages.batch([conversation, { kind: 'create', document: message }], partitionOf(message)),
  }
}

export type MessageStore = ReturnType<typeof messageStore>
