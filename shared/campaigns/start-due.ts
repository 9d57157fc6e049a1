/**
 * Once a minute: starts the campaigns whose time has come, by the same conditional write as a person does, so that of two
 * timers one starts it. What must not start, or is too late, is kept back with a reason: SCHEDULED and paused.
 */
import type { Deps } from '../deps.ts'
import { AppError, ValidationError } from '../errors.ts'
import type { WorkspaceId } from '../ids.ts'
import { workspaceSettings } from '../workspaces/settings.ts'
import { changing } from './changing.ts'
import { startExecution } from './execute.ts'
import { paused } from './pause.ts'
import { waitsForItsTime, type Campaign } from './schema.ts'
import { campaignStore } from './store.ts'

type DueDeps = Pick<Deps, 'containers' | 'queues' | 'now' | 'log' | 'once' | 'messageCounts'>

/** How many were started. One that cannot be looked at now does not keep the others waiting; it is tried again. */
export async function startDueCampaigns(deps: DueDeps): Promise<number> {
  let started = 0
  for (const { workspace_id, id } of await campaignStore(deps).due(deps.now())) {
    try {
      if (await startIfDue(deps, workspace_id, id)) started++
    } catch (error) {
      deps.log.error('campaign.not_started', { workspace_id, campaign_id: id, error })
    }
  }
  return started
}

async function startIfDue(deps: DueDeps, workspaceId: WorkspaceId, campaignId: string): Promise<boolean> {
  const stored = await campaignStore(deps).find(workspaceId, campaignId)
  if (!stored || !isDue(stored.value, deps.now())) return false
  const { lateStartMinutes } = await workspaceSettings(deps, workspaceId)
  if (lateMs(stored.value, deps.now()) > lateStartMinutes * 60_000) {
    await keepBack(deps, stored.value, tooLate(stored.value, lateStartMinutes))
    return false
  }
  try {
    await startExecution(deps, stored, stored.value)
    return true
  } catch (error) {
    // Somebody changed, started or cancelled it at this moment: what it is now is looked at in a minute.
    if (error instanceof AppError && error.code === 'campaign_not_sendable') return false
    const refusal = refusalIn(error)
    if (refusal === undefined) throw error
    await keepBack(deps, stored.value, `Not started at its time: ${refusal}`)
    return false
  }
}

function isDue(campaign: Campaign, now: Date): boolean {
  return waitsForItsTime(campaign) && lateMs(campaign, now) >= 0
}

function lateMs({ scheduled_at }: Campaign, now: Date): number {
  return now.getTime() - Date.parse(scheduled_at ?? '')
}

/** Does nothing if its time, or anything that keeps it from being due, changed meanwhile. */
async function keepBack(deps: DueDeps, seen: Campaign, reason: string): Promise<void> {
  await changing(deps, seen.workspace_id, seen.id, (current) => {
    if (!isDue(current, deps.now()) || current.scheduled_at !== seen.scheduled_at) return current
    deps.log.warn('campaign.kept_back', { workspace_id: seen.workspace_id, campaign_id: seen.id, reason })
    return paused(current, reason, deps.now())
  })
}

function tooLate({ scheduled_at }: Campaign, lateStartMinutes: number): string {
  return (
    `Its time was ${String(scheduled_at)}, and it could not be started within ${lateStartMinutes} minutes of that. ` +
    'Start it by hand, or choose another time'
  )
}

/** What a person has to change first, in words; undefined for faults that pass by themselves. */
function refusalIn(error: unknown): string | undefined {
  if (error instanceof ValidationError) {
    return error.problems.map(({ loc, msg }) => `${loc.slice(1).join('.')}: ${msg}`).join('; ')
  }
  return error instanceof AppError && error.status < 500 && error.code !== 'conflict' ? error.message : undefined
}
