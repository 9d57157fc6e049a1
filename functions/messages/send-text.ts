/** POST /api/messages/send/text */
import { endpoint } from '../../shared/http/endpoint.ts'
import { MessageResponse, messageResponse, SendTextMessageRequest } from '../../shared/messages/api.ts'
import { queueText } from '../../shared/messages/queue-text.ts'

export const sendTextEndpoint = endpoint({
  name: 'messages-send-text',
  summary: 'Send a text message',
  description:
    'Possible within 24 hours after the person last wrote to this number (`outside_service_window` otherwise). The message is queued; ask for its status to see what became of it. A number that is no contact yet becomes one, without an opt-in to campaigns.',
  method: 'POST',
  path: 'api/messages/send/text',
  allow: 'member',
  agents: 'always',
  idempotent: true,
  body: SendTextMessageRequest,
  responses: { 201: MessageResponse },
  errors: ['workspace_suspended', 'plan_limit_reached', 'phone_number_not_active', 'outside_service_window'],
  async handle({ workspaceId, body }, deps) {
    return { status: 201, body: messageResponse(await queueText(deps, workspaceId, body)) }
  },
})
