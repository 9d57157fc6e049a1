/**
 * Deletes a template: gone here at once, and at Meta as soon as the queue gets to it. Its name is free again here; Meta
 * keeps the name of an approved one for 30 days and refuses a new one meanwhile.
 */
import { campaignsUsingTemplate } from '../campaigns/using-template.ts'
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import type { WorkspaceId } from '../ids.ts'
import { findTemplate } from './find.ts'
import { reviseTemplate, type Revision } from './revise.ts'
import type { Deletion, Template } from './schema.ts'

export async function deleteTemplate(
  deps: Pick<Deps, 'containers' | 'queues' | 'now' | 'log'>,
  workspaceId: WorkspaceId,
  templateId: string,
): Promise<void> {
  const { id } = await findTemplate(deps, workspaceId, templateId)
  // One that starts in between finds its template gone and pauses itself.
  const campaigns = await campaignsUsingTemplate(deps, workspaceId, id)
  if (campaigns.length > 0) {
    throw new AppError('template_in_use', 'Campaigns use this template: cancel them first', {
      details: { campaign_ids: campaigns.map((campaign) => campaign.id) },
    })
  }
  await reviseTemplate(deps, workspaceId, id, deleted)
  deps.log.info('template.deleted', { workspace_id: workspaceId, template_id: id })
}

function deleted(template: Template): Revision {
  const deletions = [...(template.deletions ?? []), ...deletionOf(template)]
  const next: Template = {
    ...template,
    type: 'deleted_template',
    before_edit: undefined,
    heard_at: undefined,
    deletions: deletions.length > 0 ? deletions : undefined,
  }
  return deletions.length > 0 ? { next, job: 'delete' } : { next }
}

/** What Meta has of it, as far as we know: a submission may be under way whose id is not noted yet. */
function deletionOf({ meta_template_id, status, components }: Template): Deletion[] {
  if (meta_template_id === null && status !== 'PENDING') return []
  return status === 'DELETED' ? [] : [{ meta_template_id, components }]
}
