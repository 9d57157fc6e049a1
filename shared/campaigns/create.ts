/** Makes a campaign: a draft, or scheduled. Its parts are checked now, so that a mistake shows before anybody presses start. */
import type * as z from 'zod'
import type { Deps } from '../deps.ts'
import { newCampaignId, type WorkspaceId } from '../ids.ts'
import type { CampaignCreate } from './api.ts'
import { countRecipients, tidyAudience } from './audience.ts'
import { checkedParts } from './parts.ts'
import { scheduledAt } from './schedule.ts'
import type { Campaign } from './schema.ts'
import { campaignStore } from './store.ts'

export async function createCampaign(
  deps: Pick<Deps, 'containers' | 'now' | 'once'>,
  workspaceId: WorkspaceId,
  input: z.output<typeof CampaignCreate>,
): Promise<Campaign> {
  const id = newCampaignId(workspaceId, deps.once.since ?? deps.now(), deps.once.seed('campaign'))
  const earlier = deps.once.isRepeat ? await campaignStore(deps).find(workspaceId, id) : undefined
  if (earlier) return earlier.value
  const parts = await checkedParts(deps, workspaceId, {
    phone_number_id: input.phone_number_id,
    template_id: input.template_id ?? null,
    variables: input.variables ?? {},
    audience: tidyAudience(input.audience ?? {}),
  })
  const now = deps.now().toISOString()
  const campaign: Campaign = {
    id,
    workspace_id: workspaceId,
    type: 'campaign',
    v: 1,
    name: input.name,
    ...parts,
    scheduled_at: null,
    status: 'DRAFT',
    execution_id: null,
    in_motion: false,
    planned_at: null,
    total: await countRecipients(deps, workspaceId, parts.audience),
    pages: 0,
    reopen: [],
    pause_reason: null,
    started_at: null,
    paused_at: null,
    completed_at: null,
    cancelled_at: null,
    created_at: now,
    updated_at: now,
    counters: null,
    failure_reason: null,
    failed_at: null,
  }
  const made = input.scheduled_at ? await scheduledAt(deps, campaign, input.scheduled_at) : campaign
  await campaignStore(deps).create(made)
  return made
}
