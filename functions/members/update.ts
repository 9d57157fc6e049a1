/** PATCH /api/workspaces/{workspace_id}/members/{member_id} */
import { endpoint } from '../../shared/http/endpoint.ts'
import {
  MemberPath,
  MemberUpdate,
  WorkspaceMemberResponse,
  memberResponse,
} from '../../shared/workspaces/members/api.ts'
import { updateMember } from '../../shared/workspaces/members/update.ts'

export const updateMemberEndpoint = endpoint({
  name: 'members-update',
  summary: 'Change a member’s role, suspend them or let them in again',
  description: 'An ADMIN can neither make nor change an OWNER. The last OWNER stays one.',
  method: 'PATCH',
  path: 'api/workspaces/{workspace_id}/members/{member_id}',
  allow: 'admin',
  params: MemberPath,
  body: MemberUpdate,
  responses: { 200: WorkspaceMemberResponse },
  errors: ['workspace_not_found', 'member_not_found', 'member_pending', 'last_owner'],
  async handle({ caller, workspaceId, role, params, body }, deps) {
    const actor = { userId: caller.userId, role }
    const change = { memberId: params.member_id, change: body }
    return { status: 200, body: memberResponse(await updateMember(deps, workspaceId, actor, change)) }
  },
})
