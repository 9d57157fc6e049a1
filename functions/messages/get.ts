/** GET /api/workspaces/{workspace_id}/messages/{message_id} */
import { endpoint } from '../../shared/http/endpoint.ts'
import { WorkspaceMessagePath } from '../../shared/messages/inbox-api.ts'
import { readMessage } from '../../shared/messages/list-messages.ts'
import { MessageDetail, messageDetail } from '../../shared/messages/message-detail.ts'

export const getMessageEndpoint = endpoint({
  name: 'messages-get',
  summary: 'One single message, with what later messages changed about it',
  method: 'GET',
  path: 'api/workspaces/{workspace_id}/messages/{message_id}',
  allow: 'member',
  params: WorkspaceMessagePath,
  responses: { 200: MessageDetail },
  errors: ['message_not_found'],
  async handle({ workspaceId, params }, deps) {
    return { status: 200, body: messageDetail(await readMessage(deps, workspaceId, params.message_id)) }
  },
})
