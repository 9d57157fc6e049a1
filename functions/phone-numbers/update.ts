/** PATCH /api/phone-numbers/{phone_number_id} and its twin in the workspace. */
import { PhoneNumberResponse, PhoneNumberUpdate, phoneNumberResponse } from '../../shared/phone-numbers/api.ts'
import { updatePhoneNumber } from '../../shared/phone-numbers/update.ts'
import { onPhoneNumber } from './both-paths.ts'

export const [updatePhoneNumberEndpoint, updateWorkspacePhoneNumberEndpoint] = onPhoneNumber({
  name: 'update',
  summary: 'Change the name, the access token, the app secret or the status of a phone number',
  description:
    'A new `access_token` must reach the same number at Meta. A number that is set `active` again is checked with ' +
    'Meta first; campaigns that send with one that is set `disabled` or `pending` are paused.',
  method: 'PATCH',
  allow: 'admin',
  body: PhoneNumberUpdate,
  responses: { 200: PhoneNumberResponse },
  errors: ['phone_number_not_active', 'meta_refused', 'meta_unavailable'],
  async handle(deps, workspaceId, phoneNumberId, body) {
    const phoneNumber = await updatePhoneNumber(deps, workspaceId, phoneNumberId, {
      displayName: body.display_name,
      accessToken: body.access_token,
      status: body.status,
      appSecret: body.app_secret,
    })
    return { status: 200, body: phoneNumberResponse(phoneNumber) }
  },
})
