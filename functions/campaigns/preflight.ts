/** POST /api/campaigns/{campaign_id}/preflight and its twin in the workspace. */
import { CampaignPreflight } from '../../shared/campaigns/preflight-api.ts'
import { preflightCampaign } from '../../shared/campaigns/preflight.ts'
import { onCampaign } from './both-paths.ts'

export const [preflightCampaignEndpoint, preflightWorkspaceCampaignEndpoint] = onCampaign({
  name: 'preflight',
  summary: 'Make every message of a campaign without sending any, and tell what would come of a start',
  description:
    'Reads the audience as the start does, and sends and stores nothing. Says what keeps the campaign from starting, ' +
    'who would be skipped, which messages Meta would refuse, and how long it would take. Of an audience above 100,000, ' +
    'the first 100,000 are checked.',
  method: 'POST',
  suffix: '/preflight',
  allow: 'member',
  agents: 'always',
  responses: { 200: CampaignPreflight },
  async handle(deps, workspaceId, campaignId) {
    return { status: 200, body: await preflightCampaign(deps, workspaceId, campaignId) }
  },
})
