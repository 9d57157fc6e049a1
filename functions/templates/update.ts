/** PATCH /api/templates/{template_id} */
import { endpoint } from '../../shared/http/endpoint.ts'
import { TemplatePath, TemplateResponse, TemplateUpdate, templateResponse } from '../../shared/templates/api.ts'
import { updateTemplate } from '../../shared/templates/update.ts'

export const updateTemplateEndpoint = endpoint({
  name: 'templates-update',
  summary: 'Edit a template, submit it again, or take it out of use',
  description:
    'New components make the template PENDING and are handed to Meta. If Meta refuses the edit, the version before it ' +
    'is back with the status it has at Meta, and `rejection_reason` says why.\n\n' +
    'A template cannot be approved here: `status` takes `PENDING` (submit again, or take back into use) and `DISABLED` ' +
    '(out of use here: campaigns that send it pause).',
  method: 'PATCH',
  path: 'api/templates/{template_id}',
  allow: 'member',
  entity: { param: 'template_id', notFound: 'template_not_found' },
  params: TemplatePath,
  body: TemplateUpdate,
  responses: { 200: TemplateResponse },
  errors: ['template_not_editable', 'template_status_not_settable'],
  async handle({ workspaceId, params, body }, deps) {
    const template = await updateTemplate(deps, workspaceId, params.template_id, body)
    return { status: 200, body: templateResponse(template) }
  },
})
