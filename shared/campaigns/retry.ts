/** Sends again to recipients whose fate stayed unknown, when a person asks for it by name. */
import { z } from 'zod'
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import type { WorkspaceId } from '../ids.ts'
import { readLedger } from './counters.ts'
import { startExecution } from './execute.ts'
import type { Campaign } from './schema.ts'
import { campaignStore } from './store.ts'

export const CampaignRetry = z.object({
  /** Named, because Meta may have taken these messages: sending again can reach a person twice. */
  statuses: z.array(z.literal('uncertain')).min(1),
})

export async function retryCampaign(
  deps: Pick<Deps, 'containers' | 'queues' | 'now' | 'log' | 'factsTable' | 'config'>,
  workspaceId: WorkspaceId,
  campaignId: string,
): Promise<Campaign> {
  const stored = await campaignStore(deps).get(workspaceId, campaignId)
  const campaign = stored.value
  if (campaign.status !== 'COMPLETED') {
    throw new AppError(
      'campaign_not_sendable',
      `Only a COMPLETED campaign can be retried; this one is ${campaign.status}`,
    )
  }
  const waitUntil = Date.parse(campaign.completed_at ?? '') + deps.config.uncertainWaitSeconds * 1000
  if (waitUntil > deps.now().getTime()) {
    const at = new Date(waitUntil).toISOString()
    throw new AppError('campaign_not_sendable', `Meta may still report on uncertain messages: retry them after ${at}`)
  }
  const { counts } = await readLedger(deps, workspaceId, campaignId)
  if (counts.uncertain === 0) throw new AppError('campaign_not_sendable', 'No recipient of this campaign is uncertain')
  return startExecution(deps, stored, { ...campaign, reopen: ['uncertain'] })
}
