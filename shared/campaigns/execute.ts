/** Starts or resumes a campaign: one conditional transition to SENDING under a new execution id. */
import type { Deps } from '../deps.ts'
import { AppError, isConflict } from '../errors.ts'
import { newUuid, type WorkspaceId } from '../ids.ts'
import { campaignStore } from './store.ts'
import { unedited, type Edit } from './changing.ts'
import { canBecome, type Campaign } from './schema.ts'
import { checkStartable } from './startable.ts'

/** The write that follows takes far less; a step that comes before it would find nothing to do. */
const AFTER_THE_WRITE_SECONDS = 1

type ExecuteDeps = Pick<Deps, 'containers' | 'queues' | 'now' | 'log'>

export async function executeCampaign(
  deps: ExecuteDeps,
  workspaceId: WorkspaceId,
  campaignId: string,
  edit: Edit = unedited,
): Promise<Campaign> {
  const stored = await campaignStore(deps).get(workspaceId, campaignId)
  const campaign = edit(stored.value)
  if (!canBecome('SENDING', campaign.status)) throw notSendable(campaign)
  return startExecution(deps, stored, campaign)
}

/**
 * The transition itself. The first step is queued before the write and does nothing unless the write lands, because
 * nobody redelivers a request.
 */
export async function startExecution(
  deps: ExecuteDeps,
  stored: { value: Campaign; etag: string },
  next: Campaign,
): Promise<Campaign> {
  await checkStartable(deps, next)
  const executionId = newUuid()
  const now = deps.now().toISOString()
  const running: Campaign = {
    ...next,
    status: 'SENDING',
    execution_id: executionId,
    in_motion: true,
    started_at: next.started_at ?? now,
    paused_at: null,
    pause_reason: null,
    hold: undefined,
    completed_at: null,
    updated_at: now,
  }
  const step = { workspace_id: next.workspace_id, campaign_id: next.id, execution_id: executionId }
  await deps.queues.send('campaign-planning', step, { delaySeconds: AFTER_THE_WRITE_SECONDS })
  try {
    await campaignStore(deps).replace(stored, running)
  } catch (error) {
    if (!isConflict(error)) throw error
    throw new AppError('campaign_not_sendable', 'The campaign was changed or started at the same moment', {
      cause: error,
    })
  }
  deps.log.info('campaign.started', {
    workspace_id: next.workspace_id,
    campaign_id: next.id,
    execution_id: executionId,
  })
  return running
}

function notSendable(campaign: Campaign): AppError {
  return new AppError('campaign_not_sendable', `Cannot start a campaign that is ${campaign.status}`)
}
