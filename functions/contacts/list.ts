/** GET /api/contacts */
import { ContactListQuery, ContactListResponse, contactResponse } from '../../shared/contacts/api.ts'
import { listContacts } from '../../shared/contacts/list.ts'
import { endpoint } from '../../shared/http/endpoint.ts'

export const listContactsEndpoint = endpoint({
  name: 'contacts-list',
  summary: 'The contacts of a workspace, newest first',
  method: 'GET',
  path: 'api/contacts',
  allow: 'member',
  query: ContactListQuery,
  responses: { 200: ContactListResponse },
  async handle({ workspaceId, query }, deps) {
    const page = await listContacts(deps, workspaceId, query)
    return { status: 200, body: { ...page, data: page.data.map(contactResponse) } }
  },
})
