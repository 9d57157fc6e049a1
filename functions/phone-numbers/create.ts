/** POST /api/workspaces/{workspace_id}/phone-numbers and POST /api/phone-numbers */
import * as z from 'zod'
import type { Deps } from '../../shared/deps.ts'
import { checkSameWorkspace } from '../../shared/http/same-workspace.ts'
import { endpoint, type Answer } from '../../shared/http/endpoint.ts'
import type { WorkspaceId } from '../../shared/ids.ts'
import {
  PhoneNumberCreate,
  PhoneNumberCreateInWorkspace,
  PhoneNumberResponse,
  phoneNumberResponse,
} from '../../shared/phone-numbers/api.ts'
import { createPhoneNumber } from '../../shared/phone-numbers/create.ts'

const COMMON = {
  summary: 'Connect a WhatsApp Business phone number with its access token',
  description: `Meta is asked before the number is kept: the token must reach it, and so must \`business_id\`, if there is one; Meta's refusal
is a 400 with its words. The token is kept encrypted and never shown. A number is connected to one workspace only
(\`phone_number_taken\`).`,
  method: 'POST',
  allow: 'admin',
  idempotent: true,
  responses: { 201: PhoneNumberResponse },
  errors: ['plan_limit_reached', 'phone_number_taken', 'meta_refused', 'meta_unavailable'],
} as const

export const createWorkspacePhoneNumberEndpoint = endpoint({
  ...COMMON,
  name: 'phone-numbers-create-of-workspace',
  path: 'api/workspaces/{workspace_id}/phone-numbers',
  params: z.object({ workspace_id: z.uuid() }),
  body: PhoneNumberCreateInWorkspace,
  async handle({ workspaceId, body }, deps) {
    checkSameWorkspace(workspaceId, body.workspace_id)
    return created(deps, workspaceId, body)
  },
})

export const createPhoneNumberEndpoint = endpoint({
  ...COMMON,
  name: 'phone-numbers-create',
  path: 'api/phone-numbers',
  body: PhoneNumberCreate,
  handle: ({ workspaceId, body }, deps) => created(deps, workspaceId, body),
})

async function created(
  deps: Deps,
  workspaceId: WorkspaceId,
  body: z.output<typeof PhoneNumberCreateInWorkspace>,
): Promise<Answer> {
  const phoneNumber = await createPhoneNumber(deps, workspaceId, {
    metaId: body.phone_number_id,
    accessToken: body.access_token,
    displayName: body.display_name ?? null,
    wabaId: body.business_id ?? null,
    appSecret: body.app_secret ?? null,
  })
  return { status: 201, body: phoneNumberResponse(phoneNumber) }
}
