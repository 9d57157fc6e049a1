/** The campaigns that hold on to a phone number: what keeps it from being deleted, and what stops when it is disabled. */
import type { Deps } from '../deps.ts'
import type { WorkspaceId } from '../ids.ts'
import { pauseBySystem } from './pause.ts'
import type { Campaign } from './schema.ts'
import { campaignStore } from './store.ts'

type NumberDeps = Pick<Deps, 'containers' | 'now' | 'log' | 'gates'>

/** Those that send, wait for their time, are paused, or still mark whom a cancel left out. */
export function campaignsUsingNumber(
  deps: Pick<Deps, 'containers'>,
  workspaceId: WorkspaceId,
  phoneNumberId: string,
): Promise<Campaign[]> {
  return campaignStore(deps).usingNumber(workspaceId, phoneNumberId)
}

/** Pauses what sends with the number, with a reason a person understands. Safe to run again. */
export async function pauseCampaignsOfNumber(
  deps: NumberDeps,
  workspaceId: WorkspaceId,
  phoneNumberId: string,
  reason: string,
): Promise<void> {
  for (const campaign of await campaignsUsingNumber(deps, workspaceId, phoneNumberId)) {
    if (campaign.status !== 'SENDING' || campaign.execution_id === null) continue
    const execution = { workspace_id: workspaceId, campaign_id: campaign.id, execution_id: campaign.execution_id }
    await pauseBySystem(deps, execution, reason)
  }
}
