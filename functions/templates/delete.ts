/** DELETE /api/templates/{template_id} */
import { endpoint } from '../../shared/http/endpoint.ts'
import { TemplatePath } from '../../shared/templates/api.ts'
import { deleteTemplate } from '../../shared/templates/delete.ts'

export const deleteTemplateEndpoint = endpoint({
  name: 'templates-delete',
  summary: 'Delete a template, here and at Meta',
  description:
    'It is gone here at once; Meta is told soon after, for this language only. Meta keeps the name of an approved ' +
    'template for 30 days: a new one of that name and language is refused meanwhile, as its `rejection_reason` says.',
  method: 'DELETE',
  path: 'api/templates/{template_id}',
  allow: 'member',
  entity: { param: 'template_id', notFound: 'template_not_found' },
  params: TemplatePath,
  responses: { 204: null },
  errors: ['template_in_use'],
  async handle({ workspaceId, params }, deps) {
    await deleteTemplate(deps, workspaceId, params.template_id)
    return { status: 204 }
  },
})
