/** POST /api/workspaces/{workspace_id}/phone-numbers/{phone_number_id}/sync and its flat twin. */
import { PhoneNumberSyncResponse, phoneNumberResponse } from '../../shared/phone-numbers/api.ts'
import { syncPhoneNumber } from '../../shared/phone-numbers/sync.ts'
import { onPhoneNumber } from './both-paths.ts'

export const [syncPhoneNumberEndpoint, syncWorkspacePhoneNumberEndpoint] = onPhoneNumber({
  name: 'sync',
  summary: 'Fetch quality, messaging limit, tier and throughput of a phone number from Meta',
  method: 'POST',
  suffix: '/sync',
  allow: 'member',
  responses: { 200: PhoneNumberSyncResponse },
  errors: ['meta_refused', 'meta_unavailable'],
  async handle(deps, workspaceId, phoneNumberId) {
    const phoneNumber = await syncPhoneNumber(deps, workspaceId, phoneNumberId)
    return { status: 200, body: phoneNumberResponse(phoneNumber) }
  },
})
