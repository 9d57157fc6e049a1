/** PATCH /api/campaigns/{campaign_id} and its twin in the workspace. */
import { CampaignResponse, CampaignUpdate } from '../../shared/campaigns/api.ts'
import { campaignWithCounters } from '../../shared/campaigns/respond.ts'
import { updateCampaign } from '../../shared/campaigns/update.ts'
import { START_ERRORS } from './act.ts'
import { onCampaign } from './both-paths.ts'

export const [updateCampaignEndpoint, updateWorkspaceCampaignEndpoint] = onCampaign({
  name: 'update',
  summary: 'Rename a campaign, change a draft, or start, pause or cancel it',
  description:
    '`status` asks for a change of state: `SENDING` starts or resumes, `SCHEDULED` pauses, `CANCELLED` cancels; ' +
    'the same status changes nothing, any other is a 409. Number, template, variables and audience can be changed in a draft. ' +
    '`scheduled_at` schedules a draft, with the checks of a start, or moves a campaign that has not started; null makes ' +
    'it a draft again. A campaign that is scheduled starts by itself unless it is paused; one that must not start, or ' +
    'would be too late, is paused with a `pause_reason`.',
  method: 'PATCH',
  allow: 'member',
  body: CampaignUpdate,
  responses: { 200: CampaignResponse },
  errors: [...START_ERRORS, 'campaign_not_editable'],
  async handle(deps, workspaceId, campaignId, body) {
    const campaign = await updateCampaign(deps, workspaceId, campaignId, body)
    return { status: 200, body: await campaignWithCounters(deps, campaign) }
  },
})
