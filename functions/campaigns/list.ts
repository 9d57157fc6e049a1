/** GET /api/campaigns and GET /api/workspaces/{workspace_id}/campaigns */
import * as z from 'zod'
import { CampaignListQuery, CampaignListResponse, WorkspaceCampaignListQuery } from '../../shared/campaigns/api.ts'
import { listCampaigns } from '../../shared/campaigns/list.ts'
import type { Deps } from '../../shared/deps.ts'
import { endpoint, type Answer } from '../../shared/http/endpoint.ts'
import { listBody, toPage } from '../../shared/http/paging.ts'
import type { WorkspaceId } from '../../shared/ids.ts'

const COMMON = {
  summary: 'The campaigns of a workspace, newest first',
  description:
    'Counters of a campaign that ended more than 15 minutes ago may lack what was read since they were last added up; ' +
    'a campaign asked for by itself is exact.',
  method: 'GET',
  allow: 'member',
  responses: { 200: CampaignListResponse },
} as const

export const listCampaignsEndpoint = endpoint({
  ...COMMON,
  name: 'campaigns-list',
  path: 'api/campaigns',
  query: CampaignListQuery,
  handle: ({ workspaceId, query }, deps) => listed(deps, workspaceId, query),
})

export const listWorkspaceCampaignsEndpoint = endpoint({
  ...COMMON,
  name: 'workspace-campaigns-list',
  path: 'api/workspaces/{workspace_id}/campaigns',
  params: z.object({ workspace_id: z.uuid() }),
  query: WorkspaceCampaignListQuery,
  handle: ({ workspaceId, query }, deps) => listed(deps, workspaceId, query),
})

async function listed(
  deps: Deps,
  workspaceId: WorkspaceId,
  query: z.output<typeof WorkspaceCampaignListQuery>,
): Promise<Answer> {
  const page = toPage(query)
  const filter = { status: query.status, phoneNumberId: query.phone_number_id }
  const campaigns = await listCampaigns(deps, workspaceId, filter, page)
  return { status: 200, body: listBody(campaigns, page, (campaign) => campaign) }
}
