/** POST /api/campaigns/{campaign_id}/retry and its twin in the workspace. */
import { CampaignRetryResponse } from '../../shared/campaigns/api.ts'
import { campaignWithCounters } from '../../shared/campaigns/respond.ts'
import { CampaignRetry, retryCampaign } from '../../shared/campaigns/retry.ts'
import { START_ERRORS } from './act.ts'
import { onCampaign } from './both-paths.ts'

export const [retryCampaignEndpoint, retryWorkspaceCampaignEndpoint] = onCampaign({
  name: 'retry',
  summary: 'Send again to failed or uncertain recipients',
  description:
    'Without a body: to those who failed for a reason that passes by itself. Whoever opted out since is skipped. ' +
    'Nobody is sent to whose first message is reported as taken before the second one goes out.',
  method: 'POST',
  suffix: '/retry',
  allow: 'member',
  idempotent: true,
  body: CampaignRetry.optional(),
  responses: { 200: CampaignRetryResponse },
  errors: START_ERRORS,
  async handle(deps, workspaceId, campaignId, body) {
    const wanted = body ?? CampaignRetry.parse({})
    const { campaign, retried } = await retryCampaign(deps, workspaceId, campaignId, wanted)
    return { status: 200, body: { ...(await campaignWithCounters(deps, campaign)), retried } }
  },
})
