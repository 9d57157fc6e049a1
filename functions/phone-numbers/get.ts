/** GET /api/workspaces/{workspace_id}/phone-numbers/{phone_number_id} and GET /api/phone-numbers/{phone_number_id} */
import { z } from 'zod'
import { endpoint } from '../../shared/http/endpoint.ts'
import { PhoneNumberRef, PhoneNumberResponse, phoneNumberResponse } from '../../shared/phone-numbers/api.ts'
import { findPhoneNumber } from '../../shared/phone-numbers/find.ts'

export const getWorkspacePhoneNumberEndpoint = endpoint({
  name: 'phone-numbers-get-of-workspace',
  summary: "One phone number of a workspace, by our id or Meta's",
  method: 'GET',
  path: 'api/workspaces/{workspace_id}/phone-numbers/{phone_number_id}',
  allow: 'member',
  params: z.object({ workspace_id: z.uuid(), phone_number_id: PhoneNumberRef }),
  responses: { 200: PhoneNumberResponse },
  errors: ['phone_number_not_found'],
  async handle({ workspaceId, params }, deps) {
    const phoneNumber = await findPhoneNumber(deps, workspaceId, params.phone_number_id)
    return { status: 200, body: phoneNumberResponse(phoneNumber) }
  },
})

export const getPhoneNumberEndpoint = endpoint({
  name: 'phone-numbers-get',
  summary: 'One phone number, by our id',
  method: 'GET',
  path: 'api/phone-numbers/{phone_number_id}',
  allow: 'member',
  entity: { param: 'phone_number_id', notFound: 'phone_number_not_found' },
  params: z.object({ phone_number_id: z.uuid() }),
  responses: { 200: PhoneNumberResponse },
  errors: ['phone_number_not_found'],
  async handle({ workspaceId, params }, deps) {
    const phoneNumber = await findPhoneNumber(deps, workspaceId, params.phone_number_id)
    return { status: 200, body: phoneNumberResponse(phoneNumber) }
  },
})
