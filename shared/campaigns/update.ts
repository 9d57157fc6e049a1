/**
 * Changes a campaign. `status` asks for a transition, which the state machine decides; name and parts go into the same
 * write, so that a request is done whole or not at all.
 */
import { isDeepStrictEqual } from 'node:util'
import type { Deps } from '../deps.ts'
import { AppError, fieldProblem } from '../errors.ts'
import type { WorkspaceId } from '../ids.ts'
import { countRecipients, tidyAudience, type AudienceGiven } from './audience.ts'
import { cancelCampaign } from './cancel.ts'
import { changing, type Edit } from './changing.ts'
import { executeCampaign } from './execute.ts'
import { checkedParts, type CampaignParts } from './parts.ts'
import { pauseCampaign } from './pause.ts'
import type { Campaign, CampaignStatus } from './schema.ts'
import { scheduleCampaign, unscheduleCampaign, wantedTime } from './schedule.ts'
import { campaignStore } from './store.ts'
import type { Variables } from './variable-sources.ts'

/** Absent or null: leave it. */
export interface CampaignChanges {
  name?: string | null | undefined
  status?: CampaignStatus | null | undefined
  phone_number_id?: string | null | undefined
  template_id?: string | null | undefined
  variables?: Variables | null | undefined
  audience?: AudienceGiven | null | undefined
  /** null: not scheduled any more. */
  scheduled_at?: string | null | undefined
}

type UpdateDeps = Pick<Deps, 'containers' | 'queues' | 'now' | 'log' | 'gates' | 'once' | 'messageCounts'>

export async function updateCampaign(
  deps: UpdateDeps,
  workspaceId: WorkspaceId,
  campaignId: string,
  changes: CampaignChanges,
): Promise<Campaign> {
  const { value: known } = await campaignStore(deps).get(workspaceId, campaignId)
  const edit = editOf(deps, changes.name, await changedParts(deps, known, changes))
  const time = wantedTime(known, changes.scheduled_at)
  if (time !== undefined) {
    checkFits(known, changes.status, time)
    return time === null
      ? unscheduleCampaign(deps, workspaceId, campaignId, edit)
      : scheduleCampaign(deps, workspaceId, campaignId, { time, edit })
  }
  if (!changes.status || changes.status === known.status) return changing(deps, workspaceId, campaignId, edit)
  return transition(changes.status)(deps, workspaceId, campaignId, edit)
}

/** A state that says the same as the new time, or none. */
function checkFits(known: Campaign, status: CampaignStatus | null | undefined, time: string | null): void {
  if (!status || status === known.status || status === (time === null ? 'DRAFT' : 'SCHEDULED')) return
  throw fieldProblem(['body', 'scheduled_at'], `Change either the time or the state to ${status}, not both at once`)
}

type Transition = (deps: UpdateDeps, workspaceId: WorkspaceId, campaignId: string, edit: Edit) => Promise<Campaign>

/** Each checks for itself whether the campaign may take it. */
function transition(status: CampaignStatus): Transition {
  if (status === 'SENDING') return executeCampaign
  if (status === 'SCHEDULED') return pauseCampaign
  if (status === 'CANCELLED') return cancelCampaign
  throw new AppError(
    'campaign_not_sendable',
    `Nobody can make a campaign ${status}; ask for SENDING, SCHEDULED or CANCELLED`,
  )
}

/** With the new estimate where the audience is another. */
type ChangedParts = CampaignParts & { total?: number }

/** The parts that would differ, checked against each other; undefined if none does. */
async function changedParts(
  deps: UpdateDeps,
  known: Campaign,
  changes: CampaignChanges,
): Promise<ChangedParts | undefined> {
  const before = partsOf(known)
  const wanted: CampaignParts = {
    phone_number_id: changes.phone_number_id?.toLowerCase() ?? known.phone_number_id,
    template_id: changes.template_id?.toLowerCase() ?? known.template_id,
    variables: changes.variables ?? known.variables,
    audience: changes.audience ? tidyAudience(changes.audience) : known.audience,
  }
  // A client that sends back what it got changes nothing, in whatever state the campaign is.
  if (isDeepStrictEqual(before, wanted)) return undefined
  checkEditable(known)
  const parts = await checkedParts(deps, known.workspace_id, wanted)
  if (isDeepStrictEqual(before, parts)) return undefined
  if (isDeepStrictEqual(before.audience, parts.audience)) return parts
  return { ...parts, total: await countRecipients(deps, known.workspace_id, parts.audience) }
}

/** Decides anew for the version it is applied to: the campaign may have been started meanwhile. */
function editOf({ now }: Pick<Deps, 'now'>, name: string | null | undefined, parts: ChangedParts | undefined): Edit {
  return (current) => {
    if (parts) checkEditable(current)
    const next = { ...current, name: name ?? current.name, ...parts }
    return isDeepStrictEqual(next, current) ? current : { ...next, updated_at: now().toISOString() }
  }
}

function partsOf({ phone_number_id, template_id, variables, audience }: Campaign): CampaignParts {
  return { phone_number_id, template_id, variables, audience }
}

function checkEditable({ status }: Campaign): void {
  if (status === 'DRAFT') return
  throw new AppError(
    'campaign_not_editable',
    `Number, template, variables and audience can only be changed in a DRAFT; this campaign is ${status}`,
  )
}
