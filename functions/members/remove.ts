/** DELETE /api/workspaces/{workspace_id}/members/{member_id} */
import { endpoint } from '../../shared/http/endpoint.ts'
import { MemberPath } from '../../shared/workspaces/members/api.ts'
import { removeMember } from '../../shared/workspaces/members/remove.ts'

export const removeMemberEndpoint = endpoint({
  name: 'members-remove',
  summary: 'Take a member out, or an invitation back; everybody may leave by themselves',
  description: 'Needs the role OWNER or ADMIN for anybody else; an ADMIN cannot remove an OWNER. The last OWNER stays.',
  method: 'DELETE',
  path: 'api/workspaces/{workspace_id}/members/{member_id}',
  allow: 'member',
  agents: 'always',
  params: MemberPath,
  responses: { 204: null },
  errors: ['workspace_not_found', 'member_not_found', 'last_owner'],
  async handle({ caller, workspaceId, role, params }, deps) {
    await removeMember(deps, workspaceId, { userId: caller.userId, role }, params.member_id)
    return { status: 204 }
  },
})
