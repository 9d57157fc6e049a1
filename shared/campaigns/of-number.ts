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

/** Meta’s times are in whole seconds. */
const SECOND_MS = 1000

/**
 * Pauses what sends with the number, with a reason a person understands. `saidAt`: what changed after that, as by a person who
 * resumed it, is left alone. Safe to run again.
 */
export async function pauseCampaignsOfNumber(
  deps: NumberDeps,
  workspaceId: WorkspaceId,
  phoneNumberId: string,
  { reason, saidAt }: { reason: string; saidAt?: string },
): Promise<void> {
  const changedUntilMs = saidAt === undefined ? Infinity : Date.parse(saidAt) + SECOND_MS
  for (const campaign of await campaignsUsingNumber(deps, workspaceId, phoneNumberId)) {
    if (campaign.status !== 'SENDING' || campaign.execution_id === null) continue
    if (Date.parse(campaign.updated_at) > changedUntilMs) continue
    const execution = { workspace_id: workspaceId, campaign_id: campaign.id, execution_id: campaign.execution_id }
    await pauseBySystem(deps, execution, reason)
  }
}
