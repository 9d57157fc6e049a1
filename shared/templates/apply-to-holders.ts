/** Changes a template in every workspace that has it: Meta reports about an account, which several may use. */
import { retryingConflicts } from '../conflicts.ts'
import type { Deps } from '../deps.ts'
import type { WorkspaceId } from '../ids.ts'
import { workspacesOfWaba } from '../phone-numbers/find.ts'
import { normalLanguage } from './languages.ts'
import { CLOCK_SKEW_MS } from './as-meta-has.ts'
import { templateId, type Template } from './schema.ts'
import { templateStore } from './store.ts'

/** A template as webhooks name it. */
export interface TemplateRef {
  wabaId: string
  name: string
  /** As the webhook writes it: `en-US` is `en_US`. */
  language: string
  metaTemplateId: string
  /** When Meta said it: ISO time. */
  at: string
}

/** `unknown`: no workspace has this template, or Meta used a word we do not know; the caller keeps it for inspection. */
export type AppliedEvent = 'applied' | 'unchanged' | 'unknown'

export type ApplyDeps = Pick<Deps, 'containers' | 'log' | 'now'>

/** `decide` gives the template after the event, or undefined if the event tells nothing new about it. */
export async function applyToHolders(
  deps: ApplyDeps,
  ref: TemplateRef,
  decide: (template: Template) => Template | undefined,
): Promise<AppliedEvent> {
  const workspaceIds = await workspacesOfWaba(deps, ref.wabaId)
  const results = await Promise.all(workspaceIds.map((workspaceId) => applyTo(deps, workspaceId, ref, decide)))
  if (results.includes('applied')) return 'applied'
  return results.includes('unchanged') ? 'unchanged' : 'unknown'
}

async function applyTo(
  { containers, log, now }: ApplyDeps,
  workspaceId: WorkspaceId,
  { wabaId, name, language }: TemplateRef,
  decide: (template: Template) => Template | undefined,
): Promise<AppliedEvent> {
  const templates = templateStore(containers)
  const id = templateId(workspaceId, wabaId, name, normalLanguage(language))
  return retryingConflicts(async () => {
    const stored = await templates.findAny(workspaceId, id)
    if (!stored) return 'unknown'
    // Meta goes on to tell about what was deleted here.
    const next = stored.value.type === 'template' ? decide(stored.value) : undefined
    if (!next) return 'unchanged'
    await templates.replace(stored, { ...next, updated_at: now().toISOString() })
    log.info('template.event', { workspace_id: workspaceId, template_id: id, status: next.status })
    return 'applied'
  })
}

/** A deleted template's last words must not hit a later one of the same name. */
export function isAboutAnother(template: Template, { metaTemplateId, at }: TemplateRef): boolean {
  if (template.meta_template_id !== null) return template.meta_template_id !== metaTemplateId
  return Date.parse(at) < Date.parse(template.revised_at ?? template.created_at) - CLOCK_SKEW_MS
}
