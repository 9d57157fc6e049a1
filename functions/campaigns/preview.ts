/** POST /api/campaigns/{campaign_id}/preview and its twin in the workspace. */
import { CampaignPreview, CampaignPreviewRequest, previewCampaign } from '../../shared/campaigns/preview.ts'
import { onCampaign } from './both-paths.ts'

export const [previewCampaignEndpoint, previewWorkspaceCampaignEndpoint] = onCampaign({
  name: 'preview',
  summary: 'Whom a campaign would be sent to now, and who would be left out and why',
  description:
    'Counts the audience as it is at this moment; it is frozen when the campaign starts. A body can give another ' +
    'audience to try, which is not stored.',
  method: 'POST',
  suffix: '/preview',
  allow: 'member',
  agents: 'always',
  body: CampaignPreviewRequest.optional(),
  responses: { 200: CampaignPreview },
  async handle(deps, workspaceId, campaignId, body) {
    return { status: 200, body: await previewCampaign(deps, workspaceId, campaignId, body ?? {}) }
  },
})
