/**
 * A hold: a sending campaign waits for something that passes by itself, such as a limit of Meta's. It stays SENDING,
 * says why and until when, and goes on without anybody doing anything.
 */
import type { Deps } from '../deps.ts'
import type { WorkspaceId } from '../ids.ts'
import { changing } from './changing.ts'
import { paused } from './pause.ts'
import type { Campaign } from './schema.ts'

type HoldDeps = Pick<Deps, 'containers' | 'now' | 'log' | 'gates'>

export interface NewHold {
  untilMs: number
  reason: string
  /** A person must look at it if one hold has followed the other for longer than this. */
  patienceMs?: number
}

/** A hold that begins so soon after the last one goes on with it. */
const SAME_TROUBLE_MS = 3_600_000

/** Does nothing if this execution is over already, or is held for longer. */
export async function holdBySystem(
  deps: HoldDeps,
  { workspace_id, campaign_id, execution_id }: { workspace_id: WorkspaceId; campaign_id: string; execution_id: string },
  hold: NewHold,
): Promise<void> {
  await changing(deps, workspace_id, campaign_id, (campaign) => {
    if (campaign.status !== 'SENDING' || campaign.execution_id !== execution_id) return campaign
    const next = withHold(campaign, hold, deps.now())
    if (next !== campaign) deps.log.info('campaign.held', { workspace_id, campaign_id, reason: hold.reason })
    return next
  })
  deps.gates.forget(workspace_id, campaign_id)
}

/** How long nothing of this campaign may be sent from now on; 0 if it may. */
export function heldForMs({ hold }: Campaign, now: Date): number {
  return hold ? Math.max(0, Date.parse(hold.until) - now.getTime()) : 0
}

function withHold(campaign: Campaign, { untilMs, reason, patienceMs = Infinity }: NewHold, now: Date): Campaign {
  const { hold } = campaign
  const until = new Date(untilMs).toISOString()
  if (hold && hold.until >= until) return campaign
  const goesOn = hold && hold.reason === reason && now.getTime() - Date.parse(hold.until) < SAME_TROUBLE_MS
  const since = goesOn ? hold.since : now.toISOString()
  if (now.getTime() - Date.parse(since) >= patienceMs) return paused(campaign, reason, now)
  return { ...campaign, hold: { until, reason, since } }
}
