/** POST /api/workspaces/{workspace_id}/conversations/{conversation_id}/messages */
import { endpoint } from '../../shared/http/endpoint.ts'
import { MessageResponse, messageResponse } from '../../shared/messages/api.ts'
import { ConversationPath } from '../../shared/messages/inbox-api.ts'
import { ReplyRequest } from '../../shared/messages/reply-api.ts'
import { reply } from '../../shared/messages/reply.ts'

export const replyEndpoint = endpoint({
  name: 'conversations-reply',
  summary: 'Send a message into a conversation',
  description:
    'Possible within 24 hours after the person last wrote (`outside_service_window` otherwise: a template may be sent at any ' +
    'time, see /api/messages/send/template). With `message_id` it quotes a message of the conversation. The message is queued; ' +
    'ask for its status to see what became of it.',
  method: 'POST',
  path: 'api/workspaces/{workspace_id}/conversations/{conversation_id}/messages',
  allow: 'member',
  agents: 'always',
  idempotent: true,
  params: ConversationPath,
  body: ReplyRequest,
  responses: { 201: MessageResponse },
  errors: [
    'workspace_suspended',
    'plan_limit_reached',
    'conversation_not_found',
    'conversation_not_writable',
    'message_not_sent',
    'phone_number_not_active',
    'outside_service_window',
  ],
  async handle({ workspaceId, params, body }, deps) {
    return { status: 201, body: messageResponse(await reply(deps, workspaceId, params.conversation_id, body)) }
  },
})
