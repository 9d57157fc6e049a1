/** POST /api/templates */
import { endpoint } from '../../shared/http/endpoint.ts'
import { TemplateCreate, TemplateResponse, templateResponse } from '../../shared/templates/api.ts'
import { createTemplate } from '../../shared/templates/create.ts'

export const createTemplateEndpoint = endpoint({
  name: 'templates-create',
  summary: 'Make a message template and submit it to Meta; it can be sent once Meta approved it',
  method: 'POST',
  path: 'api/templates',
  allow: 'member',
  idempotent: true,
  body: TemplateCreate,
  responses: { 201: TemplateResponse },
  errors: ['template_exists'],
  async handle({ workspaceId, body }, deps) {
    const { phone_number_id: phoneNumberRef, name, category, language, components } = body
    const template = await createTemplate(deps, workspaceId, { phoneNumberRef, name, category, language, components })
    return { status: 201, body: templateResponse(template) }
  },
})
