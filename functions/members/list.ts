/** GET /api/workspaces/{workspace_id}/members and …/members/pending */
import * as z from 'zod'
import { endpoint } from '../../shared/http/endpoint.ts'
import {
  MembersPath,
  MembersQuery,
  WorkspaceMemberResponse,
  memberResponse,
} from '../../shared/workspaces/members/api.ts'
import { listMembers } from '../../shared/workspaces/members/find.ts'

export const listMembersEndpoint = endpoint({
  name: 'members-list',
  summary: 'The members of a workspace, newest first, with those who were invited and have not signed up yet',
  method: 'GET',
  path: 'api/workspaces/{workspace_id}/members',
  allow: 'member',
  params: MembersPath,
  query: MembersQuery,
  responses: { 200: z.array(WorkspaceMemberResponse) },
  async handle({ workspaceId, query }, deps) {
    const members = await listMembers(deps, workspaceId, query.status)
    return { status: 200, body: members.map(memberResponse) }
  },
})

export const listPendingMembersEndpoint = endpoint({
  name: 'members-list-pending',
  summary: 'Those who were invited and have not signed up yet, newest first',
  method: 'GET',
  path: 'api/workspaces/{workspace_id}/members/pending',
  allow: 'member',
  params: MembersPath,
  responses: { 200: z.array(WorkspaceMemberResponse) },
  async handle({ workspaceId }, deps) {
    const members = await listMembers(deps, workspaceId, 'pending')
    return { status: 200, body: members.map(memberResponse) }
  },
})
