/** GET /api/workspaces/{workspace_id}/usage */
import * as z from 'zod'
import { endpoint } from '../../shared/http/endpoint.ts'
import { UsageResponse, usageOf } from '../../shared/workspaces/usage.ts'

export const workspaceUsageEndpoint = endpoint({
  name: 'workspaces-usage',
  summary: 'What a workspace uses of its plan',
  description: 'Contacts, messages of this month, members and phone numbers with their limits, and the rate limits.',
  method: 'GET',
  path: 'api/workspaces/{workspace_id}/usage',
  allow: 'member',
  params: z.object({ workspace_id: z.uuid() }),
  responses: { 200: UsageResponse },
  errors: ['workspace_not_found'],
  async handle({ workspaceId }, deps) {
    return { status: 200, body: await usageOf(deps, workspaceId) }
  },
})
