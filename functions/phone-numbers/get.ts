/** GET /api/phone-numbers/{phone_number_id} and GET /api/workspaces/{workspace_id}/phone-numbers/{phone_number_id} */
import { PhoneNumberResponse, phoneNumberResponse } from '../../shared/phone-numbers/api.ts'
import { findPhoneNumber } from '../../shared/phone-numbers/find.ts'
import { onPhoneNumber } from './both-paths.ts'

export const [getPhoneNumberEndpoint, getWorkspacePhoneNumberEndpoint] = onPhoneNumber({
  name: 'get',
  summary: 'Get a phone number',
  method: 'GET',
  allow: 'member',
  responses: { 200: PhoneNumberResponse },
  async handle(deps, workspaceId, phoneNumberId) {
    const phoneNumber = await findPhoneNumber(deps, workspaceId, phoneNumberId)
    return { status: 200, body: phoneNumberResponse(phoneNumber) }
  },
})
