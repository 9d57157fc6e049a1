/** GET /api/workspaces/{workspace_id}/phone-numbers and GET /api/phone-numbers (all workspaces of the caller, or one). */
import * as z from 'zod'
import { endpoint } from '../../shared/http/endpoint.ts'
import { listBody, toPage } from '../../shared/http/paging.ts'
import { PhoneNumberListResponse, PhoneNumberQuery, phoneNumberResponse } from '../../shared/phone-numbers/api.ts'
import { listPhoneNumbers } from '../../shared/phone-numbers/find.ts'
import { membershipOf } from '../../shared/workspaces/membership.ts'

export const listWorkspacePhoneNumbersEndpoint = endpoint({
  name: 'phone-numbers-list-of-workspace',
  summary: 'The phone numbers of a workspace, newest first',
  method: 'GET',
  path: 'api/workspaces/{workspace_id}/phone-numbers',
  allow: 'member',
  params: z.object({ workspace_id: z.uuid() }),
  query: PhoneNumberQuery,
  responses: { 200: PhoneNumberListResponse },
  async handle({ workspaceId, query }, deps) {
    const page = toPage(query)
    const listed = await listPhoneNumbers(deps, [workspaceId], query.status, page)
    return { status: 200, body: listBody(listed, page, phoneNumberResponse) }
  },
})

export const listPhoneNumbersEndpoint = endpoint({
  name: 'phone-numbers-list',
  summary: 'The phone numbers of every workspace the caller belongs to, or of one of them, newest first',
  method: 'GET',
  path: 'api/phone-numbers',
  allow: 'user',
  query: PhoneNumberQuery.extend({ workspace_id: z.uuid().optional() }),
  responses: { 200: PhoneNumberListResponse },
  errors: ['forbidden'],
  async handle({ caller, query }, deps) {
    const named = query.workspace_id?.toLowerCase()
    const memberships = named === undefined ? caller.memberships : [membershipOf(caller, named, 'member')]
    const workspaceIds = memberships.map(({ workspaceId }) => workspaceId)
    const page = toPage(query)
    const listed = await listPhoneNumbers(deps, workspaceIds, query.status, page)
    return { status: 200, body: listBody(listed, page, phoneNumberResponse) }
  },
})
