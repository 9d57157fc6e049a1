/** GET /api/workspaces/{workspace_id}/conversations/{conversation_id}/messages */
import { endpoint } from '../../shared/http/endpoint.ts'
import {
  ConversationMessagesQuery,
  ConversationMessagesResponse,
  ConversationPath,
} from '../../shared/messages/inbox-api.ts'
import { messageDetail } from '../../shared/messages/message-detail.ts'
import { readConversation } from '../../shared/messages/read-conversation.ts'

export const conversationMessagesEndpoint = endpoint({
  name: 'conversations-messages',
  summary: 'The messages of a conversation, the latest first',
  description:
    'Single messages of both directions, with those of conversations that this one goes on from. Messages of campaigns are ' +
    'not among them: they are in the campaign’s recipients. `newer_cursor` asks for what came after this page.',
  method: 'GET',
  path: 'api/workspaces/{workspace_id}/conversations/{conversation_id}/messages',
  allow: 'member',
  params: ConversationPath,
  query: ConversationMessagesQuery,
  responses: { 200: ConversationMessagesResponse },
  errors: ['conversation_not_found'],
  async handle({ workspaceId, params, query }, deps) {
    const { messages, ...cursors } = await readConversation(deps, workspaceId, params.conversation_id, query)
    return { status: 200, body: { data: messages.map(messageDetail), limit: query.limit, ...cursors } }
  },
})
