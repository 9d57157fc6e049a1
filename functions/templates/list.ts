/** GET /api/templates */
import { endpoint } from '../../shared/http/endpoint.ts'
import { listBody, toPage } from '../../shared/http/paging.ts'
import { TemplateListQuery, TemplateListResponse, templateResponse } from '../../shared/templates/api.ts'
import { listTemplates } from '../../shared/templates/find.ts'

export const listTemplatesEndpoint = endpoint({
  name: 'templates-list',
  summary: 'The templates of a workspace, newest first',
  method: 'GET',
  path: 'api/templates',
  allow: 'member',
  query: TemplateListQuery,
  responses: { 200: TemplateListResponse },
  async handle({ workspaceId, query }, deps) {
    const { phone_number_id: phoneNumberId, status, category } = query
    const page = toPage(query)
    const listed = await listTemplates(deps, workspaceId, { phoneNumberId, status, category }, page)
    return { status: 200, body: listBody(listed, page, templateResponse) }
  },
})
