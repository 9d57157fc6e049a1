/** GET /api/contacts/imports */
import { endpoint } from '../../shared/http/endpoint.ts'
import { listBody, toPage } from '../../shared/http/paging.ts'
import { ImportJobListResponse, importJobResponse, ImportListQuery } from '../../shared/imports/api.ts'
import { listImports } from '../../shared/imports/find.ts'

export const listImportsEndpoint = endpoint({
  name: 'contact-imports-list',
  summary: 'The imports of large files in a workspace, newest first',
  method: 'GET',
  path: 'api/contacts/imports',
  allow: 'member',
  query: ImportListQuery,
  responses: { 200: ImportJobListResponse },
  async handle({ workspaceId, query }, deps) {
    const page = toPage(query)
    return { status: 200, body: listBody(await listImports(deps, workspaceId, page), page, importJobResponse) }
  },
})
