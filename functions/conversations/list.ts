/** GET /api/workspaces/{workspace_id}/conversations */
import * as z from 'zod'
import { endpoint } from '../../shared/http/endpoint.ts'
import {
  ConversationListQuery,
  ConversationListResponse,
  conversationResponse,
} from '../../shared/messages/inbox-api.ts'
import { listConversations } from '../../shared/messages/list-conversations.ts'

export const listConversationsEndpoint = endpoint({
  name: 'conversations-list',
  summary: 'The inbox: conversations, the one with the latest message first',
  description:
    'A search looks for the first hundred contacts that fit, and shows the conversations with them. Conversations that ' +
    'went on in another one (`continued_in`) are not listed.',
  method: 'GET',
  path: 'api/workspaces/{workspace_id}/conversations',
  allow: 'member',
  params: z.object({ workspace_id: z.uuid() }),
  query: ConversationListQuery,
  responses: { 200: ConversationListResponse },
  async handle({ workspaceId, query }, deps) {
    const { conversations, contacts, next_cursor } = await listConversations(deps, workspaceId, query)
    const data = conversations.map((conversation) => conversationResponse(conversation, contacts, deps.now()))
    return { status: 200, body: { data, limit: query.limit, next_cursor } }
  },
})
