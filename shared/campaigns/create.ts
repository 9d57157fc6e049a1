/** Makes a draft campaign. Number and template are checked now, so that a mistake shows before anybody presses start. */
import type { z } from 'zod'
import type { Deps } from '../deps.ts'
import { fieldProblem } from '../errors.ts'
import { newCampaignId, type WorkspaceId } from '../ids.ts'
import { resolvePhoneNumber } from '../phone-numbers/find.ts'
import type { Template } from '../templates/schema.ts'
import { templateStore } from '../templates/store.ts'
import { campaignStore } from './store.ts'
import type { Campaign, CampaignCreate } from './schema.ts'
import { checkVariables } from './variables.ts'

export async function createCampaign(
  deps: Pick<Deps, 'containers' | 'now'>,
  workspaceId: WorkspaceId,
  input: z.output<typeof CampaignCreate>,
): Promise<Campaign> {
  const phoneNumber = await resolvePhoneNumber(deps, workspaceId, input.phone_number_id)
  const template = input.template_id ? await knownTemplate(deps, workspaceId, input.template_id) : undefined
  if (template) checkVariables(template, input.variables ?? {})

  const now = deps.now().toISOString()
  const campaign: Campaign = {
    id: newCampaignId(workspaceId, deps.now()),
    workspace_id: workspaceId,
    type: 'campaign',
    v: 1,
    name: input.name,
    phone_number_id: phoneNumber.id,
    template_id: template?.id ?? null,
    variables: input.variables ?? {},
    status: 'DRAFT',
    execution_id: null,
    in_motion: false,
    planned_at: null,
    total: 0,
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

async function knownTemplate(
  { containers }: Pick<Deps, 'containers'>,
  workspaceId: WorkspaceId,
  id: string,
): Promise<Template> {
  const stored = await templateStore(containers).find(workspaceId, id)
  if (!stored) throw fieldProblem(['body', 'template_id'], 'No template of this workspace has this id')
  return stored.value
}
