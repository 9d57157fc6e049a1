/** What comes before the first campaign: an account, a workspace, a connected number and an approved template. */
import { randomBytes } from 'node:crypto'
import * as z from 'zod'
import type { WhatsappPart } from '../stack/parts.ts'
import type { ApiClient } from './api-client.ts'
import { DEMO_DEFAULT_COUNTRY } from './make-contacts.ts'
import { poll } from './poll.ts'

const Id = z.object({ id: z.string() })
const Template = z.object({ id: z.string(), status: z.string(), rejection_reason: z.string().nullable() })

export interface Prepared {
  workspaceId: string
  phoneNumberId: string
  templateId: string
}

const REVIEW_WITHIN_MS = 30_000

export async function prepare(api: ApiClient, whatsapp: WhatsappPart, say: (line: string) => void): Promise<Prepared> {
  await signIn(api)
  const workspaceId = (await api.post(Id, '/api/workspaces', { name: 'Lucky Shrub', plan: 'enterprise' })).id
  await api.patch(Id, `/api/workspaces/${workspaceId}`, { settings: { default_country: DEMO_DEFAULT_COUNTRY } })
  say('signed up, signed in, made a workspace')

  const phoneNumber = await api.post(Id, `/api/workspaces/${workspaceId}/phone-numbers`, {
    phone_number_id: whatsapp.phoneNumberId,
    access_token: whatsapp.accessToken,
    business_id: whatsapp.wabaId,
    display_name: 'Lucky Shrub',
  })
  say('connected the phone number')

  const templateId = await approvedTemplate(api, workspaceId, phoneNumber.id)
  say('created a template; its review approved it')
  return { workspaceId, phoneNumberId: phoneNumber.id, templateId }
}

async function signIn(api: ApiClient): Promise<void> {
  const email = `demo-${randomBytes(4).toString('hex')}@example.com`
  const password = randomBytes(12).toString('base64url')
  await api.post(z.object({ user_id: z.string() }), '/api/auth/signup', { email, password, name: 'Demo' })
  const session = await api.post(z.object({ access_token: z.string() }), '/api/auth/signin', { email, password })
  api.useToken(session.access_token)
}

/** The status changes when Meta's webhook about the review arrives. */
async function approvedTemplate(api: ApiClient, workspaceId: string, phoneNumberId: string): Promise<string> {
  const { id } = await api.post(Id, '/api/templates', {
    workspace_id: workspaceId,
    phone_number_id: phoneNumberId,
    name: `spring_greeting_${randomBytes(3).toString('hex')}`,
    category: 'MARKETING',
    language: 'en',
    components: [
      {
        type: 'BODY',
        text: 'Hello {{1}}, our spring plants are here. Come and see them!',
        example: { body_text: [['Ada']] },
      },
    ],
  })
  const template = await poll(
    () => api.get(Template, `/api/templates/${id}`),
    ({ status }) => status !== 'PENDING',
    { everyMs: 100, withinMs: REVIEW_WITHIN_MS, what: "the template's review" },
  )
  if (template.status !== 'APPROVED') {
    throw new Error(`The template is ${template.status}: ${template.rejection_reason ?? 'no reason given'}`)
  }
  return id
}
