/** POST /api/messages/send/media */
import { endpoint } from '../../shared/http/endpoint.ts'
import { MessageQueuedResponse, messageResponse, SendMediaMessageRequest } from '../../shared/messages/api.ts'
import { queueMedia } from '../../shared/messages/queue-media.ts'

export const sendMediaEndpoint = endpoint({
  name: 'messages-send-media',
  summary: 'Send a media message',
  description:
    'Sends a file that was uploaded to `/api/media`, within 24 hours after the person last wrote to this number (`outside_service_window` otherwise). `media_type` agrees with the file, or is `document`.',
  method: 'POST',
  path: 'api/messages/send/media',
  allow: 'member',
  agents: 'always',
  idempotent: true,
  body: SendMediaMessageRequest,
  responses: { 201: MessageQueuedResponse },
  errors: ['workspace_suspended', 'plan_limit_reached', 'phone_number_not_active', 'outside_service_window'],
  async handle({ workspaceId, body }, deps) {
    return { status: 201, body: messageResponse(await queueMedia(deps, workspaceId, body)) }
  },
})
