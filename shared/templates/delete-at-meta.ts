/**
 * Tells Meta to delete versions of a template that are deleted here, each by its id, so that other languages of the
 * name stay. One that Meta no longer has, or does not let go of, is done with too.
 */
import type { Deps } from '../deps.ts'
import { hasSameContent } from './content.ts'
import { findAtMeta } from './find-at-meta.ts'
import { changeTemplate, judged, type AtMeta } from './job.ts'
import type { Deletion, Template } from './schema.ts'

type DeleteDeps = Pick<Deps, 'containers' | 'graph' | 'queues' | 'now' | 'log'>

/** False if the rest has to wait: the message was queued anew. */
export async function deleteAtMeta(deps: DeleteDeps, at: AtMeta): Promise<boolean> {
  const { template } = at
  for (const deletion of template.deletions ?? []) {
    if (!(await deleteOne(deps, at, deletion))) return false
    await changeTemplate(deps, template, (current) => {
      const left = (current.deletions ?? []).filter(
        ({ meta_template_id }) => meta_template_id !== deletion.meta_template_id,
      )
      return left.length === current.deletions?.length ? current : { ...current, deletions: orNone(left) }
    })
  }
  return true
}

async function deleteOne(deps: DeleteDeps, { template, message, token }: AtMeta, deletion: Deletion): Promise<boolean> {
  const { waba_id, name, workspace_id, id } = template
  const metaId = deletion.meta_template_id ?? (await findUnnoted(deps, template, token, deletion))
  if (metaId === undefined) return true
  const query = { hsm_id: metaId, name }
  const answer = await deps.graph.call({ method: 'DELETE', path: `${waba_id}/message_templates`, token, query })
  const outcome = await judged(deps, answer, message)
  if (outcome.kind === 'later') return false
  const code = outcome.kind === 'refused' ? { code: outcome.error.code } : {}
  deps.log.info('template.deleted_at_meta', { workspace_id, template_id: id, ...code })
  return true
}

/** A submission that Meta took just before the template was deleted here: by what it says, so that nobody else's goes. */
async function findUnnoted(deps: DeleteDeps, template: Template, token: string, { components }: Deletion) {
  const found = await findAtMeta(deps, template, token)
  return found && hasSameContent({ category: template.category, components }, found) ? found.id : undefined
}

/** Nobody is left who could tell Meta. */
export function forgetDeletions(deps: DeleteDeps, template: Template): Promise<void> {
  return changeTemplate(deps, template, (current) => {
    if (current.deletions === undefined) return current
    deps.log.warn('template.left_at_meta', { workspace_id: current.workspace_id, template_id: current.id })
    return { ...current, deletions: undefined }
  })
}

function orNone(deletions: Deletion[]): Deletion[] | undefined {
  return deletions.length > 0 ? deletions : undefined
}
