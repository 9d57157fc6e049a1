/** POST /api/workspaces/{workspace_id}/phone-numbers */
import { z } from 'zod'
import { checkSameWorkspace } from '../../shared/http/same-workspace.ts'
import { endpoint } from '../../shared/http/endpoint.ts'
import { PhoneNumberCreate, PhoneNumberResponse, phoneNumberResponse } from '../../shared/phone-numbers/api.ts'
import { createPhoneNumber } from '../../shared/phone-numbers/create.ts'

export const createPhoneNumberEndpoint = endpoint({
  name: 'phone-numbers-create',
  summary: 'Connect a WhatsApp Business phone number with its access token',
  method: 'POST',
  path: 'api/workspaces/{workspace_id}/phone-numbers',
  allow: 'admin',
  params: z.object({ workspace_id: z.uuid() }),
  body: PhoneNumberCreate,
  responses: { 201: PhoneNumberResponse },
  errors: ['phone_number_taken', 'meta_refused', 'meta_unavailable'],
  async handle({ workspaceId, body }, deps) {
    checkSameWorkspace(workspaceId, body.workspace_id)
    const phoneNumber = await createPhoneNumber(deps, workspaceId, {
      metaId: body.phone_number_id,
      accessToken: body.access_token,
      displayName: body.display_name ?? null,
      wabaId: body.business_id ?? null,
    })
    return { status: 201, body: phoneNumberResponse(phoneNumber) }
  },
})
