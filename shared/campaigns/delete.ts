/** Deletes a campaign that is at rest. Its facts stay: statuses that still arrive for its recipients find their place. */
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import type { WorkspaceId } from '../ids.ts'
import { changing } from './changing.ts'

export async function deleteCampaign(
  deps: Pick<Deps, 'containers' | 'now' | 'log' | 'gates'>,
  workspaceId: WorkspaceId,
  campaignId: string,
): Promise<void> {
  await changing(deps, workspaceId, campaignId, (current) => {
    if (current.status === 'SENDING') {
      throw new AppError('campaign_running', 'The campaign is sending: cancel it first')
    }
    if (current.in_motion) {
      throw new AppError('campaign_running', 'The cancel is not finished yet: try again in a moment')
    }
    const at = deps.now().toISOString()
    return { ...current, deleted_at: at, updated_at: at }
  })
  deps.gates.forget(workspaceId, campaignId)
  deps.log.info('campaign.deleted', { workspace_id: workspaceId, campaign_id: campaignId })
}
