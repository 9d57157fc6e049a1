/** Starts or resumes a campaign: one conditional transition to SENDING under a new execution id. */
import type { Deps } from '../deps.ts'
import { AppError, isConflict } from '../errors.ts'
import { uuidFrom, type WorkspaceId } from '../ids.ts'
import { countingMessages } from '../workspaces/quotas.ts'
import { planOf } from '../workspaces/settings.ts'
import { countRecipients, frozenAudience } from './audience.ts'
import { campaignStore } from './store.ts'
import { unedited, type Edit } from './changing.ts'
import { canBecome, type Campaign, type KeyedStart } from './schema.ts'
import { checkStartable } from './startable.ts'

/** As many as can be made while a key is kept, unless somebody plays with it. */
const MOST_KEYED_STARTS = 20

export type ExecuteDeps = Pick<Deps, 'containers' | 'queues' | 'now' | 'log' | 'once' | 'messageCounts'>

export async function executeCampaign(
  deps: ExecuteDeps,
  workspaceId: WorkspaceId,
  campaignId: string,
  edit: Edit = unedited,
): Promise<Campaign> {
  const stored = await campaignStore(deps).get(workspaceId, campaignId)
  if (startOfEarlierRun(deps, stored.value)) return stored.value
  const campaign = edit(stored.value)
  if (!canBecome('SENDING', campaign.status)) throw notSendable(campaign)
  return startExecution(deps, stored, campaign)
}

/** What an earlier run of this request started. */
export function startOfEarlierRun({ once }: Pick<Deps, 'once'>, campaign: Campaign): KeyedStart | undefined {
  if (!once.isRepeat) return undefined
  const executionId = uuidFrom(once.seed('execution'))
  return campaign.keyed_starts?.find(({ execution_id }) => execution_id === executionId)
}

/**
 * The transition itself. The first step is queued before the write and does nothing unless the write lands (it waits a
 * moment for it), because nobody redelivers a request.
 */
export async function startExecution(
  deps: ExecuteDeps,
  stored: { value: Campaign; etag: string },
  next: Campaign,
  retried?: KeyedStart['retried'],
): Promise<Campaign> {
  await checkStartable(deps, next)
  const executionId = uuidFrom(deps.once.seed('execution'))
  const now = deps.now().toISOString()
  const running: Campaign = {
    ...next,
    ...(await frozenAudience(deps, next)),
    status: 'SENDING',
    execution_id: executionId,
    ...(deps.once.mark === undefined ? {} : withKeyedStart(next, { execution_id: executionId, retried })),
    in_motion: true,
    started_at: next.started_at ?? now,
    paused_at: null,
    pause_reason: null,
    hold: undefined,
    completed_at: null,
    updated_at: now,
  }
  const step = { workspace_id: next.workspace_id, campaign_id: next.id, execution_id: executionId }
  const plan = await planOf(deps, next.workspace_id)
  const count = await recipientsOf(deps, next, retried)
  await countingMessages(deps, { workspaceId: next.workspace_id, plan, count }, async () => {
    await deps.queues.send('campaign-planning', step)
    await becomeRunning(deps, stored, running)
  })
  deps.log.info('campaign.started', {
    workspace_id: next.workspace_id,
    campaign_id: next.id,
    execution_id: executionId,
  })
  return running
}

/** Whom a start is for: the whole audience the first time, those whom a retry is about, nobody new in a resumption. */
async function recipientsOf(
  deps: Pick<Deps, 'containers'>,
  { workspace_id, audience, started_at }: Campaign,
  retried: KeyedStart['retried'],
): Promise<number> {
  if (retried) return retried.failed + retried.uncertain
  return started_at === null ? countRecipients(deps, workspace_id, audience) : 0
}

async function becomeRunning(
  deps: Pick<Deps, 'containers'>,
  stored: { value: Campaign; etag: string },
  running: Campaign,
): Promise<void> {
  try {
    await campaignStore(deps).replace(stored, running)
  } catch (error) {
    if (!isConflict(error)) throw error
    throw new AppError('campaign_not_sendable', 'The campaign was changed or started at the same moment', {
      cause: error,
    })
  }
}

function withKeyedStart({ keyed_starts = [] }: Campaign, start: KeyedStart): Pick<Campaign, 'keyed_starts'> {
  return { keyed_starts: [...keyed_starts, start].slice(-MOST_KEYED_STARTS) }
}

function notSendable(campaign: Campaign): AppError {
  return new AppError('campaign_not_sendable', `Cannot start a campaign that is ${campaign.status}`)
}
