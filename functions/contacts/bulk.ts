/** POST /api/contacts/bulk and /bulk/preview, GET /api/contacts/bulk/{job_id} */
import {
  BulkPath,
  BulkPreview,
  BulkPreviewRequest,
  BulkRequest,
  BulkResponse,
  bulkResponse,
} from '../../shared/contacts/bulk/api.ts'
import { askForBulk, countChosen, findBulk } from '../../shared/contacts/bulk/ask.ts'
import { endpoint } from '../../shared/http/endpoint.ts'

export const bulkEndpoint = endpoint({
  name: 'contacts-bulk',
  summary: 'Add or take away tags, or delete, for all contacts that fit a filter',
  description: `Done in the background; the answer names the job. It changes those who fit when it was asked for: a contact that somebody changes
before its turn is left alone, and counted (\`left_alone\`). Asking again changes nothing that is done.`,
  method: 'POST',
  path: 'api/contacts/bulk',
  allow: 'member',
  idempotent: true,
  body: BulkRequest,
  responses: { 202: BulkResponse },
  errors: ['bulk_job_not_found'],
  async handle({ workspaceId, body }, deps) {
    return { status: 202, body: bulkResponse(await askForBulk(deps, workspaceId, body)) }
  },
})

export const bulkPreviewEndpoint = endpoint({
  name: 'contacts-bulk-preview',
  summary: 'How many contacts fit a filter now',
  method: 'POST',
  path: 'api/contacts/bulk/preview',
  allow: 'member',
  body: BulkPreviewRequest,
  responses: { 200: BulkPreview },
  async handle({ workspaceId, body }, deps) {
    return { status: 200, body: { count: await countChosen(deps, workspaceId, body) } }
  },
})

export const bulkProgressEndpoint = endpoint({
  name: 'contacts-bulk-progress',
  summary: 'How far a job over contacts has come',
  method: 'GET',
  path: 'api/contacts/bulk/{job_id}',
  allow: 'member',
  entity: { param: 'job_id', notFound: 'bulk_job_not_found' },
  params: BulkPath,
  responses: { 200: BulkResponse },
  async handle({ workspaceId, params }, deps) {
    return { status: 200, body: bulkResponse(await findBulk(deps, workspaceId, params.job_id)) }
  },
})
