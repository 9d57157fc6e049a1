/** GET /api/messages/{message_id}/status */
import { endpoint } from '../../shared/http/endpoint.ts'
import {
  MessagePath,
  MessageStatusResponse,
  messageStatusResponse,
  recipientStatusResponse,
} from '../../shared/messages/api.ts'
import { findMessage } from '../../shared/messages/find.ts'
import { recipientStatus } from '../../shared/recipients/status.ts'

export const messageStatusEndpoint = endpoint({
  name: 'messages-status',
  summary: 'What became of a message',
  description: 'Takes the id of a single message, and that of a message to one recipient of a campaign.',
  method: 'GET',
  path: 'api/messages/{message_id}/status',
  allow: 'member',
  entity: { param: 'message_id', notFound: 'message_not_found' },
  params: MessagePath,
  responses: { 200: MessageStatusResponse },
  async handle({ workspaceId, params }, deps) {
    const { message_id: id } = params
    const recipient = await recipientStatus(deps, workspaceId, id)
    if (recipient) return { status: 200, body: recipientStatusResponse(id, recipient) }
    return { status: 200, body: messageStatusResponse(await findMessage(deps, workspaceId, id)) }
  },
})
