/** The campaigns that send with a template, or will. */
import * as z from 'zod'
import type { Deps } from '../deps.ts'
import { WorkspaceId } from '../ids.ts'
import { pauseBySystem } from './pause.ts'
import { CampaignStatus } from './schema.ts'

const Using = z.object({
  id: z.string(),
  workspace_id: WorkspaceId,
  status: CampaignStatus,
  execution_id: z.string().nullable(),
})
export type UsingCampaign = z.output<typeof Using>

export function campaignsUsingTemplate(
  { containers: { core } }: Pick<Deps, 'containers'>,
  workspaceId: WorkspaceId,
  templateId: string,
): Promise<UsingCampaign[]> {
  return core.query(
    {
      // Few campaigns of a workspace are under way at once: only these are looked through for the template.
      text:
        "SELECT c.id, c.workspace_id, c.status, c.execution_id FROM c WHERE c.type = 'campaign' " +
        "AND (c.in_motion = true OR c.status IN ('SENDING', 'SCHEDULED')) AND c.template_id = @templateId " +
        'AND NOT IS_DEFINED(c.deleted_at)',
      parameters: { templateId },
      partition: workspaceId,
    },
    (document) => Using.parse(document),
  )
}

/** Pauses those that are sending, with a reason a person understands. */
export async function pauseCampaignsUsingTemplate(
  deps: Pick<Deps, 'containers' | 'now' | 'log' | 'gates'>,
  workspaceId: WorkspaceId,
  templateId: string,
  reason: string,
): Promise<void> {
  for (const { id, workspace_id, status, execution_id } of await campaignsUsingTemplate(
    deps,
    workspaceId,
    templateId,
  )) {
    if (status !== 'SENDING' || execution_id === null) continue
    await pauseBySystem(deps, { workspace_id, campaign_id: id, execution_id }, reason)
  }
}
