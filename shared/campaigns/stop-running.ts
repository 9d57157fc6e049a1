/** Stops whatever a workspace is sending, because it may not send any more. Safe to run again. */
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import type { WorkspaceId } from '../ids.ts'
import { cancelCampaign } from './cancel.ts'
import { pauseBySystem } from './pause.ts'
import type { Campaign } from './schema.ts'
import { campaignStore } from './store.ts'

type StopDeps = Pick<Deps, 'containers' | 'queues' | 'now' | 'log' | 'gates'>

/** With a reason a person understands; each can be started again. */
export async function pauseRunning(deps: StopDeps, workspaceId: WorkspaceId, reason: string): Promise<void> {
  for (const { id, execution_id } of await running(deps, workspaceId)) {
    const execution = { workspace_id: workspaceId, campaign_id: id, execution_id: execution_id ?? '' }
    await pauseBySystem(deps, execution, reason)
  }
}

/** For good. */
export async function cancelRunning(deps: StopDeps, workspaceId: WorkspaceId): Promise<void> {
  for (const { id } of await running(deps, workspaceId)) {
    try {
      await cancelCampaign(deps, workspaceId, id)
    } catch (error) {
      // It came to its end, or was stopped, at this moment.
      if (!(error instanceof AppError && error.code === 'campaign_not_sendable')) throw error
    }
  }
}

async function running(deps: StopDeps, workspaceId: WorkspaceId): Promise<Campaign[]> {
  const inMotion = await campaignStore(deps).inMotionOf(workspaceId)
  return inMotion.filter(({ status }) => status === 'SENDING')
}
