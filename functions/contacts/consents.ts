/** GET /api/contacts/{contact_id}/consents */
import { ContactPath } from '../../shared/contacts/api.ts'
import { consentLedger } from '../../shared/contacts/ledger.ts'
import { consentEntry, ConsentListResponse, ConsentsQuery } from '../../shared/contacts/people-api.ts'
import { endpoint } from '../../shared/http/endpoint.ts'

export const contactConsentsEndpoint = endpoint({
  name: 'contacts-consents',
  summary: 'What a contact said about messages: when, how, entered by whom, and what shows it',
  description: 'The latest first. Ids that a contact had before it was merged or took another number are included.',
  method: 'GET',
  path: 'api/contacts/{contact_id}/consents',
  allow: 'member',
  entity: { param: 'contact_id', notFound: 'contact_not_found' },
  params: ContactPath,
  query: ConsentsQuery,
  responses: { 200: ConsentListResponse },
  async handle({ workspaceId, params, query }, deps) {
    const { entries, next_cursor } = await consentLedger(deps, workspaceId, params.contact_id, query)
    return { status: 200, body: { data: entries.map(consentEntry), next_cursor } }
  },
})
