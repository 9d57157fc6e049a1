/** GET /api/contacts/imports/{import_id} */
import { endpoint } from '../../shared/http/endpoint.ts'
import { importJobResponse, ImportJobResponse, ImportPath } from '../../shared/imports/api.ts'
import { findImport } from '../../shared/imports/find.ts'

export const getImportEndpoint = endpoint({
  name: 'contact-imports-get',
  summary: 'How far an import is, and what came of its rows',
  method: 'GET',
  path: 'api/contacts/imports/{import_id}',
  allow: 'member',
  entity: { param: 'import_id', notFound: 'import_not_found' },
  params: ImportPath,
  responses: { 200: ImportJobResponse },
  async handle({ workspaceId, params }, deps) {
    return { status: 200, body: importJobResponse(await findImport(deps, workspaceId, params.import_id)) }
  },
})
