/** GET /api/contacts/imports/{import_id}/result */
import { attachment } from '../../shared/http/attachment.ts'
import { endpoint } from '../../shared/http/endpoint.ts'
import { ImportPath } from '../../shared/imports/api.ts'
import { importResult } from '../../shared/imports/result.ts'

const CSV = 'text/csv; charset=utf-8'

export const importResultEndpoint = endpoint({
  name: 'contact-imports-result',
  summary: 'The rows of an import that were skipped or failed, as CSV',
  description:
    'Each with its number as the spreadsheet shows it, the reason, and its cells as they were: corrected, the file can be ' +
    'imported again. Written while it is read: a connection that breaks off tells that the file is not whole.',
  method: 'GET',
  path: 'api/contacts/imports/{import_id}/result',
  allow: 'member',
  entity: { param: 'import_id', notFound: 'import_not_found' },
  params: ImportPath,
  document: { contentTypes: { 200: CSV } },
  responses: { 200: null },
  errors: ['import_result_expired'],
  async handle({ workspaceId, params }, deps) {
    const { name, content } = await importResult(deps, workspaceId, params.import_id)
    const headers = { 'content-type': CSV, 'content-disposition': attachment(name, 'csv') }
    return { status: 200, stream: content, headers }
  },
})
