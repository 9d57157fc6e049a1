/**
 * Hands an edited template to Meta. Whether Meta takes the edit or not, it is asked afterwards what it has: a refused
 * edit leaves the version before it, with the status that one really has and Meta's words about the edit.
 */
import type { Deps } from '../deps.ts'
import { metaWords } from '../whatsapp/refusal.ts'
import { refreshTemplate } from './ask.ts'
import { hasSameContent } from './content.ts'
import type { MetaTemplate } from './find-at-meta.ts'
import { changeTemplate, judged, type AtMeta } from './job.ts'
import type { Template } from './schema.ts'

type EditDeps = Pick<Deps, 'containers' | 'graph' | 'queues' | 'now' | 'log'>

export async function editAtMeta(deps: EditDeps, at: AtMeta): Promise<void> {
  const { template, message, token } = at
  const { meta_template_id: path, components, task, workspace_id, id } = template
  // An edit is only made of what Meta has.
  if (path === null) return
  const answer = await deps.graph.call({ method: 'POST', path, token, json: { components } })
  const outcome = await judged(deps, answer, message)
  if (outcome.kind === 'later') return
  const isMine = (current: Template) => current.task?.id === task?.id
  if (outcome.kind === 'done') {
    await refreshTemplate(deps, at, isMine, asEdited)
    deps.log.info('template.edited', { workspace_id, template_id: id })
    return
  }
  const words = metaWords(outcome.error)
  await refreshTemplate(deps, at, isMine, (next, found, current) =>
    found && hasLanded(current, found) ? asEdited(next, found, current) : beforeEdit(next, current, words),
  )
  deps.log.info('template.edit_refused', { workspace_id, template_id: id, code: outcome.error.code })
}

/** As the edit is given up here, whatever Meta has: it cannot be asked. */
export function giveUpEdit(deps: EditDeps, template: Template, words: string): Promise<void> {
  return changeTemplate(deps, template, (current) => {
    if (current.task?.kind !== 'edit') return current
    const status = current.before_edit?.status ?? current.status
    return { ...beforeEdit({ ...current, status }, current, words), task: undefined, before_edit: undefined }
  })
}

/** What was sent stands, even where Meta's list still shows the version before. */
function asEdited(next: Template, _found: MetaTemplate | undefined, current: Template): Template {
  const { components, components_sent, special_parts } = current
  return { ...next, components, components_sent, special_parts }
}

function beforeEdit(next: Template, { before_edit }: Template, words: string): Template {
  const { components = next.components, components_sent = next.components_sent } = before_edit ?? {}
  return { ...next, components, components_sent, rejection_reason: words }
}

/** Meta refuses an edit that it took before, because it reviews it already. */
function hasLanded(current: Template, found: MetaTemplate): boolean {
  if (!hasSameContent(current, found)) return false
  const before = current.before_edit && { ...current, components: current.before_edit.components }
  return found.status === 'PENDING' || (before !== undefined && !hasSameContent(before, found))
}
