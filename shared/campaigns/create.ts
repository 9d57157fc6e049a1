/** Makes a draft campaign. Number and template are checked now, so that a mistake shows before anybody presses start. */
import type { z } from 'zod'
import { contactStore } from '../contacts/store.ts'
import type { Deps } from '../deps.ts'
import { newCampaignId, type WorkspaceId } from '../ids.ts'
import type { CampaignCreate } from './api.ts'
import { checkedParts } from './parts.ts'
import type { Campaign } from './schema.ts'
import { campaignStore } from './store.ts'

export async function createCampaign(
  deps: Pick<Deps, 'containers' | 'now'>,
  workspaceId: WorkspaceId,
  input: z.output<typeof CampaignCreate>,
): Promise<Campaign> {
  const parts = await checkedParts(deps, workspaceId, {
    phone_number_id: input.phone_number_id,
    template_id: input.template_id ?? null,
    variables: input.variables ?? {},
  })
  const now = deps.now().toISOString()
  const campaign: Campaign = {
    id: newCampaignId(workspaceId, deps.now()),
    workspace_id: workspaceId,
    type: 'campaign',
    v: 1,
    name: input.name,
    ...parts,
    status: 'DRAFT',
    execution_id: null,
    in_motion: false,
    planned_at: null,
    total: await contactStore(deps.containers).countAudience(workspaceId),
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
  }
  await campaignStore(deps).create(campaign)
  return campaign
}
