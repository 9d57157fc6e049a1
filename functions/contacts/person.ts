/** GET /api/contacts/{contact_id}/export, POST /api/contacts/{contact_id}/erase and POST /api/contacts/erase */
import * as z from 'zod'
import { ContactPath } from '../../shared/contacts/api.ts'
import { eraseContact, eraseNumber } from '../../shared/contacts/erase/ask.ts'
import { exportPerson } from '../../shared/contacts/person-export.ts'
import { PhoneField } from '../../shared/contacts/phone-field.ts'
import { attachment } from '../../shared/http/attachment.ts'
import { endpoint } from '../../shared/http/endpoint.ts'

export const personExportEndpoint = endpoint({
  name: 'contacts-person-export',
  summary: 'Everything that is held about one person, as JSON',
  description: `The contact, the consent ledger, conversations, messages of both directions with their files’ ids, and the places in campaigns.
Written while it is read: a connection that breaks off tells that it is not whole.`,
  method: 'GET',
  path: 'api/contacts/{contact_id}/export',
  allow: 'member',
  entity: { param: 'contact_id', notFound: 'contact_not_found' },
  params: ContactPath,
  document: { contentTypes: { 200: 'application/json' } },
  responses: { 200: null },
  async handle({ workspaceId, params }, deps) {
    const content = await exportPerson(deps, workspaceId, params.contact_id)
    const headers = { 'content-type': 'application/json', 'content-disposition': attachment('person', 'json') }
    return { status: 200, stream: content, headers }
  },
})

const Erased = z
  .object({ erased_at: z.iso.datetime().describe('What came until then is erased') })
  .meta({ id: 'ContactErasure', description: 'An erasure that was taken on' })

const WORDS = `The contact is gone at once; messages, files, evidence of consent, and number and values in campaigns that are at rest follow within
minutes. What stays is a hash of the number with an opt-out: no import or message of the same number opts the person in again, only they or
somebody for them can. It cannot be undone.`

export const eraseContactEndpoint = endpoint({
  name: 'contacts-erase',
  summary: 'Erase a person: their data goes, their no stays',
  description: WORDS,
  method: 'POST',
  path: 'api/contacts/{contact_id}/erase',
  allow: 'admin',
  entity: { param: 'contact_id', notFound: 'contact_not_found' },
  params: ContactPath,
  responses: { 202: Erased },
  async handle({ workspaceId, params, caller }, deps) {
    return { status: 202, body: { erased_at: await eraseContact(deps, workspaceId, params.contact_id, caller.userId) } }
  },
})

const ByNumber = z
  .object({ workspace_id: z.uuid(), phone_number: PhoneField.meta({ example: '+15551234567' }) })
  .meta({ id: 'ContactErasureRequest', description: 'Whose data to erase' })

export const eraseNumberEndpoint = endpoint({
  name: 'contacts-erase-number',
  summary: 'Erase whoever has a number, also where the contact was deleted',
  description: `${WORDS} The answer is the same whether there was anybody.`,
  method: 'POST',
  path: 'api/contacts/erase',
  allow: 'admin',
  body: ByNumber,
  responses: { 202: Erased },
  async handle({ workspaceId, body, caller }, deps) {
    return { status: 202, body: { erased_at: await eraseNumber(deps, workspaceId, body.phone_number, caller.userId) } }
  },
})
