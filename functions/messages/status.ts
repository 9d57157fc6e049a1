/** GET /api/messages/{message_id}/status */
import { endpoint } from '../../shared/http/endpoint.ts'
import { MessagePath, MessageStatusResponse, messageStatusResponse } from '../../shared/messages/api.ts'
import { findMessage } from '../../shared/messages/find.ts'

export const messageStatusEndpoint = endpoint({
  name: 'messages-status',
  summary: 'What became of a message',
  method: 'GET',
  path: 'api/messages/{message_id}/status',
  allow: 'member',
  entity: { param: 'message_id', notFound: 'message_not_found' },
  params: MessagePath,
  responses: { 200: MessageStatusResponse },
  async handle({ workspaceId, params }, deps) {
    return { status: 200, body: messageStatusResponse(await findMessage(deps, workspaceId, params.message_id)) }
  },
})
