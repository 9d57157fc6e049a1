/** POST /api/contacts */
import { ContactCreate, ContactResponse, contactResponse, proofIn } from '../../shared/contacts/api.ts'
import { createContact } from '../../shared/contacts/create.ts'
import { endpoint } from '../../shared/http/endpoint.ts'

export const createContactEndpoint = endpoint({
  name: 'contacts-create',
  summary: 'Create a contact, or bring a deleted one back',
  description: `A number is a contact once per workspace (\`contact_exists\`, with the \`contact_id\`). Who is created has opted in, unless the
workspace's setting \`contacts_opted_in\` is false; a deleted contact that comes back keeps the opt-out it had.`,
  method: 'POST',
  path: 'api/contacts',
  allow: 'member',
  idempotent: true,
  body: ContactCreate,
  responses: { 201: ContactResponse },
  errors: ['contact_exists', 'plan_limit_reached'],
  async handle({ workspaceId, body, caller }, deps) {
    const contact = await createContact(deps, workspaceId, { ...body, proof: proofIn(body, caller) })
    return { status: 201, body: contactResponse(contact) }
  },
})
