/** GET /api/workspaces/{workspace_id}/conversations/{conversation_id} */
import { endpoint } from '../../shared/http/endpoint.ts'
import { ConversationPath, ConversationResponse, conversationResponse } from '../../shared/messages/inbox-api.ts'
import { contactsOf } from '../../shared/messages/list-conversations.ts'
import { findConversation } from '../../shared/messages/read-conversation.ts'

export const getConversationEndpoint = endpoint({
  name: 'conversations-get',
  summary: 'One conversation',
  method: 'GET',
  path: 'api/workspaces/{workspace_id}/conversations/{conversation_id}',
  allow: 'member',
  params: ConversationPath,
  responses: { 200: ConversationResponse },
  errors: ['conversation_not_found'],
  async handle({ workspaceId, params }, deps) {
    const conversation = await findConversation(deps, workspaceId, params.conversation_id)
    const contacts = await contactsOf(deps, workspaceId, [conversation])
    return { status: 200, body: conversationResponse(conversation, contacts, deps.now()) }
  },
})
