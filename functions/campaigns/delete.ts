/** DELETE /api/campaigns/{campaign_id} and its twin in the workspace. */
import { deleteCampaign } from '../../shared/campaigns/delete.ts'
import { onCampaign } from './both-paths.ts'

export const [deleteCampaignEndpoint, deleteWorkspaceCampaignEndpoint] = onCampaign({
  name: 'delete',
  summary: 'Delete a campaign that is not sending',
  method: 'DELETE',
  allow: 'member',
  responses: { 204: null },
  errors: ['campaign_running'],
  async handle(deps, workspaceId, campaignId) {
    await deleteCampaign(deps, workspaceId, campaignId)
    return { status: 204 }
  },
})
