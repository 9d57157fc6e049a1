/** PATCH /api/contacts/{contact_id} */
import { ContactPath, ContactResponse, ContactUpdate, contactResponse } from '../../shared/contacts/api.ts'
import { updateContact } from '../../shared/contacts/update.ts'
import { endpoint } from '../../shared/http/endpoint.ts'

export const updateContactEndpoint = endpoint({
  name: 'contacts-update',
  summary: 'Change the name, tags or consent of a contact',
  method: 'PATCH',
  path: 'api/contacts/{contact_id}',
  allow: 'member',
  entity: { param: 'contact_id', notFound: 'contact_not_found' },
  params: ContactPath,
  body: ContactUpdate,
  responses: { 200: ContactResponse },
  async handle({ workspaceId, params, body }, deps) {
    const contact = await updateContact(deps, workspaceId, params.contact_id, { ...body, source: 'api' })
    return { status: 200, body: contactResponse(contact) }
  },
})
