/** POST /api/messages/send/template */
import { endpoint } from '../../shared/http/endpoint.ts'
import { MessageResponse, messageResponse, SendTemplateMessageRequest } from '../../shared/messages/api.ts'
import { queueTemplate } from '../../shared/messages/queue-template.ts'

export const sendTemplateEndpoint = endpoint({
  name: 'messages-send-template',
  summary: 'Send a template message',
  description:
    'Possible at any time with an APPROVED template whose values are complete. A MARKETING template is not sent to a contact who opted out (`contact_opted_out`).',
  method: 'POST',
  path: 'api/messages/send/template',
  allow: 'member',
  agents: 'always',
  idempotent: true,
  body: SendTemplateMessageRequest,
  responses: { 201: MessageResponse },
  errors: [
    'workspace_suspended',
    'plan_limit_reached',
    'phone_number_not_active',
    'template_not_approved',
    'contact_opted_out',
  ],
  async handle({ workspaceId, body }, deps) {
    return { status: 201, body: messageResponse(await queueTemplate(deps, workspaceId, body)) }
  },
})
