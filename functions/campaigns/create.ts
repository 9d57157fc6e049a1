/** POST /api/campaigns and its nested twin. */
import * as z from 'zod'
import { CampaignCreate, CampaignCreateInWorkspace, CampaignResponse } from '../../shared/campaigns/api.ts'
import { createCampaign } from '../../shared/campaigns/create.ts'
import { campaignResponse } from '../../shared/campaigns/respond.ts'
import { endpoint } from '../../shared/http/endpoint.ts'
import { checkSameWorkspace } from '../../shared/http/same-workspace.ts'
import { noCounts } from '../../shared/recipients/fact-row.ts'

const COMMON = {
  summary: 'Create a campaign',
  description:
    'A draft, or, with `scheduled_at`, one that starts by itself at that time: then number, template and variables must ' +
    'be fit to send now already.',
  method: 'POST',
  allow: 'member',
  idempotent: true,
  responses: { 201: CampaignResponse },
  errors: ['phone_number_not_active', 'template_not_approved', 'workspace_suspended'],
} as const

export const createCampaignEndpoint = endpoint({
  ...COMMON,
  name: 'campaigns-create',
  path: 'api/campaigns',
  body: CampaignCreate,
  async handle({ workspaceId, body }, deps) {
    const campaign = await createCampaign(deps, workspaceId, body)
    return { status: 201, body: campaignResponse(campaign, campaign.total, noCounts()) }
  },
})

export const createWorkspaceCampaignEndpoint = endpoint({
  ...COMMON,
  name: 'workspace-campaigns-create',
  path: 'api/workspaces/{workspace_id}/campaigns',
  params: z.object({ workspace_id: z.uuid() }),
  body: CampaignCreateInWorkspace,
  async handle({ workspaceId, body }, deps) {
    checkSameWorkspace(workspaceId, body.workspace_id)
    const campaign = await createCampaign(deps, workspaceId, { ...body, workspace_id: workspaceId })
    return { status: 201, body: campaignResponse(campaign, campaign.total, noCounts()) }
  },
})
