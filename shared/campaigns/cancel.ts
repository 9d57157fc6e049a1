/** Cancels a campaign for good. Its conductor then marks everybody who was not sent to. */
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import { newUuid, type WorkspaceId } from '../ids.ts'
import { changing, unedited, type Edit } from './changing.ts'
import { canBecome, type Campaign } from './schema.ts'
import { campaignStore } from './store.ts'

export async function cancelCampaign(
  deps: Pick<Deps, 'containers' | 'queues' | 'now' | 'log' | 'gates'>,
  workspaceId: WorkspaceId,
  campaignId: string,
  edit: Edit = unedited,
): Promise<Campaign> {
  checkCancellable(edit((await campaignStore(deps).get(workspaceId, campaignId)).value))
  const executionId = newUuid()
  const step = { workspace_id: workspaceId, campaign_id: campaignId, execution_id: executionId, turn: 0 }
  // Queued before the write, as nobody redelivers a request; it does nothing unless the write lands.
  await deps.queues.send('campaign-release', step, { delaySeconds: 1 })
  const campaign = await changing(deps, workspaceId, campaignId, (current) => {
    checkCancellable(current)
    const at = deps.now().toISOString()
    const inMotion = current.started_at !== null
    return {
      ...edit(current),
      status: 'CANCELLED',
      execution_id: executionId,
      in_motion: inMotion,
      cancelled_at: at,
      updated_at: at,
    }
  })
  deps.gates.forget(workspaceId, campaignId)
  deps.log.info('campaign.cancelled', { workspace_id: workspaceId, campaign_id: campaignId })
  return campaign
}

function checkCancellable({ status }: Campaign): void {
  if (canBecome('CANCELLED', status)) return
  throw new AppError('campaign_not_sendable', `Cannot cancel a campaign that is ${status}`)
}
