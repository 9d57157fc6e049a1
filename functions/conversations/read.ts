/** POST /api/workspaces/{workspace_id}/conversations/{conversation_id}/read */
import { endpoint } from '../../shared/http/endpoint.ts'
import { ConversationPath, ConversationResponse, conversationResponse } from '../../shared/messages/inbox-api.ts'
import { contactsOf } from '../../shared/messages/list-conversations.ts'
import { markRead } from '../../shared/messages/mark-read.ts'

export const readConversationEndpoint = endpoint({
  name: 'conversations-read',
  summary: 'Mark a conversation as read',
  description: 'Nothing is unread any more, and WhatsApp shows the person that their messages were read.',
  method: 'POST',
  path: 'api/workspaces/{workspace_id}/conversations/{conversation_id}/read',
  allow: 'member',
  agents: 'always',
  params: ConversationPath,
  responses: { 200: ConversationResponse },
  errors: ['conversation_not_found', 'conflict'],
  async handle({ workspaceId, params }, deps) {
    const conversation = await markRead(deps, workspaceId, params.conversation_id)
    const contacts = await contactsOf(deps, workspaceId, [conversation])
    return { status: 200, body: conversationResponse(conversation, contacts, deps.now()) }
  },
})
