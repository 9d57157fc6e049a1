/**
 * The time at which a campaign is to start. Giving one to a draft makes it SCHEDULED, with the checks of a start; taking
 * it away makes it a draft again. Once a campaign has started, its time is history.
 */
import type { Deps } from '../deps.ts'
import { AppError, fieldProblem } from '../errors.ts'
import type { WorkspaceId } from '../ids.ts'
import { changing, type Edit } from './changing.ts'
import { canBecome, type Campaign } from './schema.ts'
import { checkStartable } from './startable.ts'
import { campaignStore } from './store.ts'

const LONGEST_AHEAD_MS = 366 * 24 * 60 * 60 * 1000

type ScheduleDeps = Pick<Deps, 'containers' | 'now' | 'log'>

/** What a request asks for; undefined: nothing. A client that sends back what it got asks for nothing. */
export function wantedTime(known: Campaign, given: string | null | undefined): string | null | undefined {
  if (given === undefined) return undefined
  if (given === null) return hasNotStarted(known) && known.scheduled_at !== null ? null : undefined
  const time = new Date(given).toISOString()
  return time === known.scheduled_at ? undefined : time
}

/** The time of one that was paused, or kept back, before it started can be set anew: then it waits for that. */
export async function scheduleCampaign(
  deps: ScheduleDeps,
  workspaceId: WorkspaceId,
  campaignId: string,
  { time, edit }: { time: string; edit: Edit },
): Promise<Campaign> {
  checkTime(time, deps.now())
  const known = edit((await campaignStore(deps).get(workspaceId, campaignId)).value)
  checkSchedulable(known)
  await checkStartable(deps, known)
  const campaign = await changing(deps, workspaceId, campaignId, (current) => {
    checkSchedulable(current)
    return scheduled(edit(current), time, deps.now())
  })
  deps.log.info('campaign.scheduled', { workspace_id: workspaceId, campaign_id: campaignId, scheduled_at: time })
  return campaign
}

export function unscheduleCampaign(
  deps: ScheduleDeps,
  workspaceId: WorkspaceId,
  campaignId: string,
  edit: Edit,
): Promise<Campaign> {
  return changing(deps, workspaceId, campaignId, (current) => {
    if (!hasNotStarted(current) || !canBecome('DRAFT', current.status)) throw notSchedulable(current)
    const at = deps.now().toISOString()
    const cleared = { scheduled_at: null, paused_at: null, pause_reason: null }
    return { ...edit(current), ...cleared, status: 'DRAFT', updated_at: at }
  })
}

/** A new campaign that waits for its time. */
export async function scheduledAt(deps: Pick<Deps, 'containers' | 'now'>, draft: Campaign, time: string) {
  const utc = new Date(time).toISOString()
  checkTime(utc, deps.now())
  await checkStartable(deps, draft)
  return scheduled(draft, utc, deps.now())
}

function scheduled(campaign: Campaign, time: string, now: Date): Campaign {
  return {
    ...campaign,
    status: 'SCHEDULED',
    scheduled_at: time,
    paused_at: null,
    pause_reason: null,
    updated_at: now.toISOString(),
  }
}

function checkTime(time: string, now: Date): void {
  const aheadMs = Date.parse(time) - now.getTime()
  if (aheadMs <= 0) throw fieldProblem(['body', 'scheduled_at'], `Give a time in the future; ${time} is over`)
  if (aheadMs > LONGEST_AHEAD_MS) throw fieldProblem(['body', 'scheduled_at'], 'Give a time within a year')
}

function hasNotStarted({ status, started_at }: Campaign): boolean {
  return started_at === null && (status === 'DRAFT' || status === 'SCHEDULED')
}

function checkSchedulable(campaign: Campaign): void {
  if (!hasNotStarted(campaign) || !canBecome('SCHEDULED', campaign.status)) throw notSchedulable(campaign)
}

function notSchedulable({ status, started_at }: Campaign): AppError {
  const state = started_at === null ? status : `${status} and has started`
  return new AppError(
    'campaign_not_editable',
    `The time can only be changed before a campaign starts; this one is ${state}`,
  )
}
