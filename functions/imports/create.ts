/** POST /api/contacts/imports */
import { endpoint } from '../../shared/http/endpoint.ts'
import { ImportJobForm, importJobResponse, ImportJobQuery, ImportJobResponse } from '../../shared/imports/api.ts'
import { createImport } from '../../shared/imports/create.ts'

export const createImportEndpoint = endpoint({
  // Before `contacts-get`, whose route would take `imports` for a contact's id.
  name: 'contact-imports-create',
  summary: 'Import a large file of contacts, sent as multipart/form-data in the field "file"',
  description:
    'For what `POST /api/contacts/import` is too small for: CSV of at most 100 MB and 1,000,000 rows, workbooks of at most 25 MB. ' +
    'The answer comes when the file is kept; its rows are imported afterwards, and the import tells how far it is.',
  method: 'POST',
  path: 'api/contacts/imports',
  allow: 'member',
  idempotent: true,
  query: ImportJobQuery,
  form: ImportJobForm,
  responses: { 202: ImportJobResponse },
  errors: ['import_too_large', 'invalid_request'],
  async handle({ caller, workspaceId, query, request }, deps) {
    const job = await createImport(deps, workspaceId, {
      request,
      defaultCountry: query.default_country,
      mode: query.mode,
      otherColumns: query.other_columns,
      createdBy: caller.userId ?? null,
    })
    return { status: 202, body: importJobResponse(job) }
  },
})
