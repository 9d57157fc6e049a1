/** POST /api/templates/sync */
import { endpoint } from '../../shared/http/endpoint.ts'
import { TemplateSync, TemplateSyncResponse } from '../../shared/templates/api.ts'
import { syncTemplates } from '../../shared/templates/sync.ts'

export const syncTemplatesEndpoint = endpoint({
  name: 'templates-sync',
  summary: 'Take over the templates that Meta has',
  description:
    'Makes what is unknown here, changes what changed at Meta and marks as DELETED what is gone there. What is being ' +
    'submitted or edited is left alone; what was taken out of use or deleted here stays so.',
  method: 'POST',
  path: 'api/templates/sync',
  allow: 'member',
  body: TemplateSync,
  responses: { 200: TemplateSyncResponse },
  errors: ['meta_refused', 'meta_unavailable'],
  async handle({ workspaceId, body }, deps) {
    const counts = await syncTemplates(deps, workspaceId, body.phone_number_id ?? undefined)
    return { status: 200, body: counts }
  },
})
