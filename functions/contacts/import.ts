/** POST /api/contacts/import */
import { ImportForm, ImportQuery, ImportResponse } from '../../shared/contacts/api.ts'
import { importContacts } from '../../shared/contacts/import-contacts.ts'
import { receiveFile } from '../../shared/contacts/import/receive-file.ts'
import { endpoint } from '../../shared/http/endpoint.ts'

export const importContactsEndpoint = endpoint({
  name: 'contacts-import',
  summary: 'Import contacts from a CSV or Excel file sent as multipart/form-data in the field "file"',
  method: 'POST',
  path: 'api/contacts/import',
  allow: 'member',
  idempotent: true,
  query: ImportQuery,
  form: ImportForm,
  responses: { 200: ImportResponse },
  errors: ['import_too_large', 'invalid_request'],
  async handle({ workspaceId, query, request }, deps) {
    const file = await receiveFile(request)
    const options = { defaultCountry: query.default_country, mode: query.mode, otherColumns: query.other_columns }
    return { status: 200, body: await importContacts(deps, workspaceId, file, options) }
  },
})
