/** POST /api/workspaces/{workspace_id}/members */
import { endpoint } from '../../shared/http/endpoint.ts'
import { addMember } from '../../shared/workspaces/members/add.ts'
import {
  AddMemberRequest,
  MembersPath,
  WorkspaceMemberResponse,
  memberResponse,
} from '../../shared/workspaces/members/api.ts'

export const addMemberEndpoint = endpoint({
  name: 'members-add',
  summary: 'Add a member by e-mail address; only an OWNER can add an OWNER',
  description:
    'Somebody with an account is a member at once. For any other address the membership is `pending` until somebody ' +
    'signs up with it, which accepts it.',
  method: 'POST',
  path: 'api/workspaces/{workspace_id}/members',
  allow: 'admin',
  idempotent: true,
  params: MembersPath,
  body: AddMemberRequest,
  responses: { 200: WorkspaceMemberResponse },
  errors: ['workspace_not_found', 'workspace_conflict', 'member_exists', 'plan_limit_reached'],
  async handle({ caller, workspaceId, role, body }, deps) {
    const actor = { userId: caller.userId, role }
    const added = { email: body.user_email, role: body.role }
    return { status: 200, body: memberResponse(await addMember(deps, workspaceId, actor, added)) }
  },
})
