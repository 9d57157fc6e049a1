/** Once a minute: wakes campaigns whose conductor is silent, whatever was killed when. */
import type { Deps } from '../deps.ts'
import { pageStore } from '../recipients/page-store.ts'
import type { Campaign } from './schema.ts'
import { campaignStore } from './store.ts'

/** Twice the longest turn, and time for a queue message to come back. */
const SILENT_AFTER_MS = 45_000

export async function sweepCampaigns(deps: Pick<Deps, 'containers' | 'queues' | 'now' | 'log'>): Promise<number> {
  let woken = 0
  for (const campaign of await campaignStore(deps).inMotion()) {
    if (await isSilent(deps, campaign)) {
      await wake(deps, campaign)
      woken++
    }
  }
  return woken
}

async function isSilent(deps: Pick<Deps, 'containers' | 'now'>, campaign: Campaign): Promise<boolean> {
  const conductor = await pageStore(deps).conductor(campaign.workspace_id, campaign.id)
  const moved = conductor && conductor.value.execution_id === campaign.execution_id
  const last = moved ? conductor.value.updated_at : campaign.updated_at
  return deps.now().getTime() - Date.parse(last) > SILENT_AFTER_MS
}

/** Planning picks up where it stopped and starts the conductor; after a cancel the conductor is woken itself. */
async function wake(deps: Pick<Deps, 'queues' | 'log'>, campaign: Campaign): Promise<void> {
  const step = {
    workspace_id: campaign.workspace_id,
    campaign_id: campaign.id,
    execution_id: campaign.execution_id ?? '',
  }
  deps.log.warn('campaign.woken', { campaign_id: campaign.id, status: campaign.status })
  if (campaign.status === 'CANCELLED') await deps.queues.send('campaign-release', { ...step, turn: 0 })
  else await deps.queues.send('campaign-planning', step)
}
