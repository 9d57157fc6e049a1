/**
 * Hands a new template to Meta and keeps what Meta answers. A template that Meta took before we could note it is found
 * there again by its name and language.
 */
import * as z from 'zod'
import type { Deps } from '../deps.ts'
import { metaWords } from '../whatsapp/refusal.ts'
import type { GraphError } from '../whatsapp/graph.ts'
import { hasSameContent } from './content.ts'
import { reasonOf } from './as-meta-has.ts'
import { findAtMeta } from './find-at-meta.ts'
import { changeTemplate, judged, type AtMeta } from './job.ts'
import { templateParameters } from './parameters.ts'
import { TemplateCategory, statusOf, type Template, type TemplateStatus } from './schema.ts'
import { templateStore } from './store.ts'

type CreateDeps = Pick<Deps, 'containers' | 'graph' | 'queues' | 'now' | 'log'>

/** "There is already content for this template in this language." */
const EXISTS_SUBCODE = 2388024

const Accepted = z.object({
  id: z.string(),
  status: z
    .string()
    .default('PENDING')
    .transform((word): TemplateStatus => statusOf(word) ?? 'PENDING'),
  category: TemplateCategory.optional().catch(undefined),
})

export async function createAtMeta(deps: CreateDeps, { template, message, token }: AtMeta): Promise<void> {
  const { name, category, language, components, waba_id } = template
  const { named } = templateParameters(components)
  const answer = await deps.graph.call({
    method: 'POST',
    path: `${waba_id}/message_templates`,
    token,
    json: { name, category, language, parameter_format: named ? 'named' : 'positional', components },
  })
  const outcome = await judged(deps, answer, message)
  if (outcome.kind === 'later') return
  if (outcome.kind === 'done') await accept(deps, template, Accepted.parse(outcome.body))
  else if (outcome.error.error_subcode === EXISTS_SUBCODE) await adopt(deps, template, token, outcome.error)
  else await refuse(deps, template, metaWords(outcome.error))
}

/** The name is taken at Meta: by an earlier submission of this very template, or by another one. */
async function adopt(deps: CreateDeps, template: Template, token: string, refusal: GraphError): Promise<void> {
  const found = await findAtMeta(deps, template, token)
  if (found && hasSameContent(template, found)) {
    await accept(deps, template, { ...found, rejectionReason: reasonOf(found.rejected_reason) })
    return
  }
  const other = found ? 'Meta has another template with this name and language: choose another name. ' : ''
  await refuse(deps, template, `${other}${metaWords(refusal)}`)
}

interface Taken {
  id: string
  status: TemplateStatus
  category?: TemplateCategory | undefined
  rejectionReason?: string | null
}

async function accept(deps: CreateDeps, template: Template, taken: Taken): Promise<void> {
  await changeTemplate(deps, template, (current) => {
    if (isAnother(current, template)) return withDeletion(current, template, taken.id)
    const { task: _done, ...rest } = current
    const noted = { ...rest, meta_template_id: taken.id, category: taken.category ?? current.category }
    // An event about it that came first knows better than this answer; so does who took it out of use here.
    const isKnown = current.status_at !== null && current.meta_template_id === taken.id
    if (isKnown || current.is_disabled_here === true) return noted
    return { ...noted, status: taken.status, status_at: null, rejection_reason: taken.rejectionReason ?? null }
  })
  deps.log.info('template.submitted', { workspace_id: template.workspace_id, template_id: template.id })
  await deleteIfUnwanted(deps, template)
}

/** It was deleted here, or deleted and made anew, while Meta was about to take it. */
function isAnother(current: Template, template: Template): boolean {
  return current.type === 'deleted_template' || current.created_at !== template.created_at
}

function withDeletion(current: Template, { components }: Template, metaTemplateId: string): Template {
  const known = current.deletions ?? []
  if (known.some(({ meta_template_id }) => meta_template_id === metaTemplateId)) return current
  return { ...current, deletions: [...known, { meta_template_id: metaTemplateId, components }] }
}

/** A crash before this leaves the deletion noted, and the message of this job to be delivered again. */
async function deleteIfUnwanted({ containers, queues }: CreateDeps, { workspace_id, id }: Template): Promise<void> {
  const current = (await templateStore(containers).findAny(workspace_id, id))?.value
  if (!current?.deletions) return
  const queued_at = current.revised_at ?? current.created_at
  await queues.send('template-submissions', { workspace_id, template_id: id, queued_at })
}

/** Does nothing to a template that Meta has, or that is another by now. */
export async function refuse(deps: CreateDeps, template: Template, reason: string): Promise<void> {
  await changeTemplate(deps, template, (current) => {
    const isSubmitted = current.status_at !== null || current.meta_template_id !== null
    if (isSubmitted || isAnother(current, template) || current.status !== 'PENDING') return current
    return { ...current, status: 'REJECTED', rejection_reason: reason, task: undefined }
  })
  deps.log.info('template.refused', { workspace_id: template.workspace_id, template_id: template.id })
}
