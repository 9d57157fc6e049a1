/** Once a minute: wakes campaigns whose planning or conductor is silent, whatever was killed when. */
import type { Deps } from '../deps.ts'
import { pageStore, type Conductor } from '../recipients/page-store.ts'
import type { Campaign } from './schema.ts'
import { campaignStore } from './store.ts'

/** Longer than the longest turn, and time for a queue message to come back. */
const SILENT_AFTER_MS = 45_000

type SweepDeps = Pick<Deps, 'containers' | 'queues' | 'now' | 'log'>

/** How many campaigns were woken. One that cannot be looked at does not keep the others waiting. */
export async function sweepCampaigns(deps: SweepDeps): Promise<number> {
  let woken = 0
  for (const campaign of await campaignStore(deps).inMotion()) {
    try {
      if (!(await isSilent(deps, campaign))) continue
      await wake(deps, campaign)
      woken++
    } catch (error) {
      deps.log.error('campaign.not_swept', { campaign_id: campaign.id, error })
    }
  }
  return woken
}

async function isSilent(deps: SweepDeps, campaign: Campaign): Promise<boolean> {
  const pages = pageStore(deps)
  const [conductor, plan] = await Promise.all([
    pages.conductor(campaign.workspace_id, campaign.id),
    pages.plan(campaign.workspace_id, campaign.id),
  ])
  const isOld = (at: string) => deps.now().getTime() - Date.parse(at) > SILENT_AFTER_MS
  const moved = conductor && conductor.value.execution_id === campaign.execution_id
  const conductorIsSilent = isOld(moved ? lastSeen(conductor.value) : campaign.updated_at)
  // Each of the two goes on without the other, so the silence of either must be noticed.
  const plannerIsSilent =
    !plan?.value.done && isOld(plan?.value.updated_at ?? campaign.updated_at) && isOld(campaign.updated_at)
  return conductorIsSilent || plannerIsSilent
}

function lastSeen({ updated_at, asleep_until = updated_at }: Conductor): string {
  return asleep_until > updated_at ? asleep_until : updated_at
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
