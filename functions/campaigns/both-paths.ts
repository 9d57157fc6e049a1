/** What is done to one campaign, under both path families. */
import { z } from 'zod'
import type { Deps } from '../../shared/deps.ts'
import type { ErrorCode } from '../../shared/errors.ts'
import { endpoint, type Answer, type Endpoint, type Method } from '../../shared/http/endpoint.ts'
import type { WorkspaceId } from '../../shared/ids.ts'

interface CampaignAction<Body extends z.ZodType | undefined> {
  name: string
  summary: string
  description?: string
  method: Method
  /** After the campaign's own path. */
  suffix?: string
  body?: Body
  responses: Record<number, z.ZodType | null>
  errors?: readonly ErrorCode[]
  handle: (
    deps: Deps,
    workspaceId: WorkspaceId,
    campaignId: string,
    body: Body extends z.ZodType ? z.output<Body> : undefined,
  ) => Promise<Answer>
}

/** The endpoint at `/api/campaigns/{campaign_id}…` and its twin in the workspace. */
export function onCampaign<Body extends z.ZodType | undefined = undefined>({
  name,
  suffix = '',
  errors = [],
  handle,
  ...common
}: CampaignAction<Body>): [flat: Endpoint, nested: Endpoint] {
  return [
    endpoint({
      ...common,
      name: `campaigns-${name}`,
      path: `api/campaigns/{campaign_id}${suffix}`,
      allow: 'member',
      entity: { param: 'campaign_id', notFound: 'campaign_not_found' },
      params: z.object({ campaign_id: z.uuid() }),
      errors,
      handle: ({ workspaceId, params, body }, deps) => handle(deps, workspaceId, params.campaign_id, body),
    }),
    endpoint({
      ...common,
      name: `workspace-campaigns-${name}`,
      path: `api/workspaces/{workspace_id}/campaigns/{campaign_id}${suffix}`,
      allow: 'member',
      params: z.object({ workspace_id: z.uuid(), campaign_id: z.uuid() }),
      errors: [...errors, 'campaign_not_found'],
      handle: ({ workspaceId, params, body }, deps) => handle(deps, workspaceId, params.campaign_id, body),
    }),
  ]
}
