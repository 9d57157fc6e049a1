/** PATCH /api/contacts/{contact_id} */
import { ContactPath, ContactResponse, ContactUpdate, contactResponse, proofIn } from '../../shared/contacts/api.ts'
import { updateContact } from '../../shared/contacts/update.ts'
import { endpoint } from '../../shared/http/endpoint.ts'

export const updateContactEndpoint = endpoint({
  name: 'contacts-update',
  summary: 'Change the name, tags or consent of a contact',
  description:
    '`opted_in` is an entry of the consent ledger, with what `consent_how` and `consent_evidence` say of it.',
  method: 'PATCH',
  path: 'api/contacts/{contact_id}',
  allow: 'member',
  entity: { param: 'contact_id', notFound: 'contact_not_found' },
  params: ContactPath,
  body: ContactUpdate,
  responses: { 200: ContactResponse },
  async handle({ workspaceId, params, body, caller }, deps) {
    const proof = proofIn(body, caller)
    const contact = await updateContact(deps, workspaceId, params.contact_id, { ...body, source: 'api', proof })
    return { status: 200, body: contactResponse(contact) }
  },
})
