/** What can be done with a campaign, under both path families: get, start, execute (a synonym), pause, cancel. */
import { CampaignResponse } from '../../shared/campaigns/api.ts'
import { cancelCampaign } from '../../shared/campaigns/cancel.ts'
import { executeCampaign } from '../../shared/campaigns/execute.ts'
import { pauseCampaign } from '../../shared/campaigns/pause.ts'
import { campaignWithCounters } from '../../shared/campaigns/respond.ts'
import type { Campaign } from '../../shared/campaigns/schema.ts'
import { campaignStore } from '../../shared/campaigns/store.ts'
import type { Deps } from '../../shared/deps.ts'
import type { ErrorCode } from '../../shared/errors.ts'
import type { Endpoint, Method } from '../../shared/http/endpoint.ts'
import type { WorkspaceId } from '../../shared/ids.ts'
import { onCampaign } from './both-paths.ts'

interface Action {
  name: string
  method: Method
  /** After the campaign's own path. */
  suffix: string
  summary: string
  idempotent?: true
  verb: (deps: Deps, workspaceId: WorkspaceId, campaignId: string) => Promise<Campaign>
  errors?: readonly ErrorCode[]
}

export const START_ERRORS: readonly ErrorCode[] = [
  'campaign_not_sendable',
  'phone_number_not_active',
  'template_not_approved',
  'validation_failed',
  'workspace_suspended',
  'plan_limit_reached',
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
    idempotent: true,
    summary: 'Start or resume a campaign',
    verb: executeCampaign,
    errors: START_ERRORS,
  },
  {
    name: 'execute',
    method: 'POST',
    suffix: '/execute',
    idempotent: true,
    summary: 'Start or resume a campaign',
    verb: executeCampaign,
    errors: START_ERRORS,
  },
  {
    name: 'pause',
    method: 'POST',
    suffix: '/pause',
    summary: 'Pause a campaign that sends or waits for its time',
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
]

export const campaignActionEndpoints: readonly Endpoint[] = ACTIONS.flatMap(({ verb, ...action }) =>
  onCampaign({
    ...action,
    allow: 'member',
    responses: { 200: CampaignResponse },
    async handle(deps, workspaceId, campaignId) {
      const campaign = await verb(deps, workspaceId, campaignId)
      return { status: 200, body: await campaignWithCounters(deps, campaign) }
    },
  }),
)
