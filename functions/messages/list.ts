/** GET /api/workspaces/{workspace_id}/messages */
import * as z from 'zod'
import { endpoint } from '../../shared/http/endpoint.ts'
import { MessageListQuery, MessageListResponse } from '../../shared/messages/inbox-api.ts'
import { listMessages } from '../../shared/messages/list-messages.ts'
import { messageDetail } from '../../shared/messages/message-detail.ts'

export const listMessagesEndpoint = endpoint({
  name: 'messages-list',
  summary: 'The single messages of a workspace, the latest first',
  description: 'Of both directions; messages of campaigns are in the campaigns’ recipients.',
  method: 'GET',
  path: 'api/workspaces/{workspace_id}/messages',
  allow: 'member',
  params: z.object({ workspace_id: z.uuid() }),
  query: MessageListQuery,
  responses: { 200: MessageListResponse },
  async handle({ workspaceId, query }, deps) {
    const { messages, next_cursor } = await listMessages(deps, workspaceId, query)
    return { status: 200, body: { data: messages.map(messageDetail), limit: query.limit, next_cursor } }
  },
})
