/** POST /api/contacts/imports/{import_id}/cancel */
import { endpoint } from '../../shared/http/endpoint.ts'
import { importJobResponse, ImportJobResponse, ImportPath } from '../../shared/imports/api.ts'
import { cancelImport } from '../../shared/imports/cancel.ts'

export const cancelImportEndpoint = endpoint({
  name: 'contact-imports-cancel',
  summary: 'End an import; the contacts it has stored stay',
  description: 'What was begun, at most 2,000 rows, is brought to its end: the import is `cancelling` until then.',
  method: 'POST',
  path: 'api/contacts/imports/{import_id}/cancel',
  allow: 'member',
  entity: { param: 'import_id', notFound: 'import_not_found' },
  params: ImportPath,
  responses: { 200: ImportJobResponse },
  errors: ['import_finished'],
  async handle({ workspaceId, params }, deps) {
    return { status: 200, body: importJobResponse(await cancelImport(deps, workspaceId, params.import_id)) }
  },
})
