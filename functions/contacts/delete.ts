/** DELETE /api/contacts/{contact_id} */
import { ContactPath } from '../../shared/contacts/api.ts'
import { deleteContact } from '../../shared/contacts/delete.ts'
import { endpoint } from '../../shared/http/endpoint.ts'

export const deleteContactEndpoint = endpoint({
  name: 'contacts-delete',
  summary: 'Delete a contact; an opt-out is remembered',
  method: 'DELETE',
  path: 'api/contacts/{contact_id}',
  allow: 'member',
  entity: { param: 'contact_id', notFound: 'contact_not_found' },
  params: ContactPath,
  responses: { 204: null },
  async handle({ workspaceId, params }, deps) {
    await deleteContact(deps, workspaceId, params.contact_id)
    return { status: 204 }
  },
})
