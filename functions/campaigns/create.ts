/** POST /api/campaigns and its nested twin. */
import { z } from 'zod'
import { createCampaign } from '../../shared/campaigns/create.ts'
import { campaignWithCounters } from '../../shared/campaigns/respond.ts'
import { CampaignCreate, CampaignResponse } from '../../shared/campaigns/schema.ts'
import { endpoint } from '../../shared/http/endpoint.ts'
import { checkSameWorkspace } from '../../shared/http/same-workspace.ts'

export const createCampaignEndpoint = endpoint({
  name: 'campaigns-create',
  summary: 'Create a campaign',
  method: 'POST',
  path: 'api/campaigns',
  allow: 'member',
  body: CampaignCreate,
  responses: { 201: CampaignResponse },
  errors: ['workspace_suspended'],
  async handle({ workspaceId, body }, deps) {
    const campaign = await createCampaign(deps, workspaceId, body)
    return { status: 201, body: await campaignWithCounters(deps, campaign) }
  },
})

export const createWorkspaceCampaignEndpoint = endpoint({
  name: 'workspace-campaigns-create',
  summary: 'Create a campaign',
  method: 'POST',
  path: 'api/workspaces/{workspace_id}/campaigns',
  allow: 'member',
  params: z.object({ workspace_id: z.uuid() }),
  // The path names the workspace; naming it again is allowed if it is the same.
  body: CampaignCreate.extend({ workspace_id: z.uuid().optional() }),
  responses: { 201: CampaignResponse },
  errors: ['workspace_suspended'],
  async handle({ workspaceId, body }, deps) {
    checkSameWorkspace(workspaceId, body.workspace_id)
    const campaign = await createCampaign(deps, workspaceId, { ...body, workspace_id: workspaceId })
    return { status: 201, body: await campaignWithCounters(deps, campaign) }
  },
})
