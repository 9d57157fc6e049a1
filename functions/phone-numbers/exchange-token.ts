/** POST /api/workspaces/{workspace_id}/phone-numbers/{phone_number_id}/exchange-token and its flat twin. */
import { PhoneNumberResponse, phoneNumberResponse } from '../../shared/phone-numbers/api.ts'
import { exchangeToken } from '../../shared/phone-numbers/exchange-token.ts'
import { onPhoneNumber } from './both-paths.ts'

export const [exchangeTokenEndpoint, exchangeWorkspaceTokenEndpoint] = onPhoneNumber({
  name: 'exchange-token',
  summary: 'Exchange the access token of a phone number for a long-lived one',
  description: 'No token is ever returned: see `token_expires_at`. A token that lives long already is left as it is.',
  method: 'POST',
  suffix: '/exchange-token',
  allow: 'admin',
  responses: { 200: PhoneNumberResponse },
  errors: ['meta_refused', 'meta_unavailable'],
  async handle(deps, workspaceId, phoneNumberId) {
    const phoneNumber = await exchangeToken(deps, workspaceId, phoneNumberId)
    return { status: 200, body: phoneNumberResponse(phoneNumber) }
  },
})
