/** GET /api/templates/{template_id} */
import { endpoint } from '../../shared/http/endpoint.ts'
import { TemplatePath, TemplateResponse, templateResponse } from '../../shared/templates/api.ts'
import { findTemplate } from '../../shared/templates/find.ts'

export const getTemplateEndpoint = endpoint({
  name: 'templates-get',
  summary: 'One template',
  method: 'GET',
  path: 'api/templates/{template_id}',
  allow: 'member',
  entity: { param: 'template_id', notFound: 'template_not_found' },
  params: TemplatePath,
  responses: { 200: TemplateResponse },
  async handle({ workspaceId, params }, deps) {
    const template = await findTemplate(deps, workspaceId, params.template_id)
    return { status: 200, body: templateResponse(template) }
  },
})
