/** GET /api/contacts/{contact_id} */
import { ContactPath, ContactResponse, contactResponse } from '../../shared/contacts/api.ts'
import { getContact } from '../../shared/contacts/find.ts'
import { endpoint } from '../../shared/http/endpoint.ts'

export const getContactEndpoint = endpoint({
  name: 'contacts-get',
  summary: 'One contact',
  method: 'GET',
  path: 'api/contacts/{contact_id}',
  allow: 'member',
  entity: { param: 'contact_id', notFound: 'contact_not_found' },
  params: ContactPath,
  responses: { 200: ContactResponse },
  async handle({ workspaceId, params }, deps) {
    return { status: 200, body: contactResponse(await getContact(deps, workspaceId, params.contact_id)) }
  },
})
