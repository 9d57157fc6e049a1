/** What can be done to a campaign, under both path families: start, execute (a synonym), pause, cancel, retry. */
import { z } from 'zod'
import { cancelCampaign } from '../../shared/campaigns/cancel.ts'
import { executeCampaign } from '../../shared/campaigns/execute.ts'
import { pauseCampaign } from '../../shared/campaigns/pause.ts'
import { campaignWithCounters } from '../../shared/campaigns/respond.ts'
import { CampaignRetry, retryCampaign } from '../../shared/campaigns/retry.ts'
import { CampaignResponse, type Campaign } from '../../shared/campaigns/schema.ts'
import { campaignStore } from '../../shared/campaigns/store.ts'
import type { Deps } from '../../shared/deps.ts'
import type { ErrorCode } from '../../shared/errors.ts'
import { endpoint, type Endpoint, type Method } from '../../shared/http/endpoint.ts'
import type { WorkspaceId } from '../../shared/ids.ts'

type Verb = (deps: Deps, workspaceId: WorkspaceId, campaignId: string) => Promise<Campaign>

interface Action {
  name: string
  method: Method
  /** After the campaign's own path. */
  suffix: string
  summary: string
  verb: Verb
  body?: z.ZodType
  errors?: readonly ErrorCode[]
}

const START_ERRORS: readonly ErrorCode[] = [
  'campaign_not_sendable',
  'phone_number_not_active',
  'template_not_approved',
  'validation_failed',
  'workspace_suspended',
]

const ACTIONS: readonly Action[] = [
  {
    name: 'get',
    method: 'GET',
    suffix: '',
    summary: 'Get a campaign with its counters',
    verb: async (deps, workspaceId, campaignId) => (await campaignStore(deps).get(workspaceId, campaignId)).value,
  },
  {
    name: 'start',
    method: 'POST',
    suffix: '/start',
    summary: 'Start or resume a campaign',
    verb: executeCampaign,
    errors: START_ERRORS,
  },
  {
    name: 'execute',
    method: 'POST',
    suffix: '/execute',
    summary: 'Start or resume a campaign',
    verb: executeCampaign,
    errors: START_ERRORS,
  },
  {
    name: 'pause',
    method: 'POST',
    suffix: '/pause',
    summary: 'Pause a sending campaign',
    verb: pauseCampaign,
    errors: ['campaign_not_sendable'],
  },
  {
    name: 'cancel',
    method: 'POST',
    suffix: '/cancel',
    summary: 'Cancel a campaign for good',
    verb: cancelCampaign,
    errors: ['campaign_not_sendable'],
  },
  {
    name: 'retry',
    method: 'POST',
    suffix: '/retry',
    summary: 'Send again to uncertain recipients',
    verb: retryCampaign,
    body: CampaignRetry,
    errors: START_ERRORS,
  },
]

export const campaignActionEndpoints: readonly Endpoint[] = ACTIONS.flatMap((action) => [flat(action), nested(action)])

function flat({ name, method, suffix, summary, verb, body, errors = [] }: Action): Endpoint {
  return endpoint({
    name: `campaigns-${name}`,
    summary,
    method,
    path: `api/campaigns/{campaign_id}${suffix}`,
    allow: 'member',
    entity: { param: 'campaign_id', notFound: 'campaign_not_found' },
    params: z.object({ campaign_id: z.uuid() }),
    body,
    responses: { 200: CampaignResponse },
    errors,
    handle: async ({ workspaceId, params }, deps) => answer(deps, await verb(deps, workspaceId, params.campaign_id)),
  })
}

function nested({ name, method, suffix, summary, verb, body, errors = [] }: Action): Endpoint {
  return endpoint({
    name: `workspace-campaigns-${name}`,
    summary,
    method,
    path: `api/workspaces/{workspace_id}/campaigns/{campaign_id}${suffix}`,
    allow: 'member',
    params: z.object({ workspace_id: z.uuid(), campaign_id: z.uuid() }),
    body,
    responses: { 200: CampaignResponse },
    errors: [...errors, 'campaign_not_found'],
    handle: async ({ workspaceId, params }, deps) => answer(deps, await verb(deps, workspaceId, params.campaign_id)),
  })
}

async function answer(deps: Deps, campaign: Campaign) {
  return { status: 200, body: await campaignWithCounters(deps, campaign) }
}
