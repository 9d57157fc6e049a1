/** Pauses a sending campaign, on a person's request or by itself with a reason a person understands. */
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import type { WorkspaceId } from '../ids.ts'
import { changing, unedited, type Edit } from './changing.ts'
import { canPause, type Campaign } from './schema.ts'

type PauseDeps = Pick<Deps, 'containers' | 'now' | 'log' | 'gates'>

export async function pauseCampaign(
  deps: PauseDeps,
  workspaceId: WorkspaceId,
  campaignId: string,
  edit: Edit = unedited,
): Promise<Campaign> {
  const campaign = await changing(deps, workspaceId, campaignId, (current) => {
    if (!canPause(current)) {
      throw new AppError('campaign_not_sendable', `Cannot pause a campaign that is ${current.status}`)
    }
    return paused(edit(current), null, deps.now())
  })
  deps.gates.forget(workspaceId, campaignId)
  return campaign
}

/** Does nothing if this execution is over already. */
export async function pauseBySystem(
  deps: PauseDeps,
  { workspace_id, campaign_id, execution_id }: { workspace_id: WorkspaceId; campaign_id: string; execution_id: string },
  reason: string,
): Promise<void> {
  await changing(deps, workspace_id, campaign_id, (campaign) => {
    if (campaign.status !== 'SENDING' || campaign.execution_id !== execution_id) return campaign
    deps.log.warn('campaign.paused_by_system', { workspace_id, campaign_id, reason })
    return paused(campaign, reason, deps.now())
  })
  deps.gates.forget(workspace_id, campaign_id)
}

/** As a campaign is once it paused; `reason` null: a person wanted it so. */
export function paused(campaign: Campaign, reason: string | null, now: Date): Campaign {
  const at = now.toISOString()
  return { ...campaign, status: 'SCHEDULED', in_motion: false, paused_at: at, pause_reason: reason, updated_at: at }
}
