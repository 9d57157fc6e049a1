/** Asks Meta what a template really is, and keeps that. */
import { retryingConflicts } from '../conflicts.ts'
import type { Deps } from '../deps.ts'
import { asMetaHas } from './as-meta-has.ts'
import { readAtMeta, type MetaTemplate } from './find-at-meta.ts'
import type { AtMeta } from './job.ts'
import type { Template } from './schema.ts'
import { templateStore } from './store.ts'

type AskDeps = Pick<Deps, 'containers' | 'graph' | 'now'>

/**
 * Written only over the version that was read before Meta was asked: an event that comes in between changes that
 * version, and Meta is asked again. `adjust` has the last word on what is kept.
 */
export async function refreshTemplate(
  deps: AskDeps,
  { template, token }: Pick<AtMeta, 'template' | 'token'>,
  isStillWanted: (current: Template) => boolean,
  adjust: (next: Template, found: MetaTemplate | undefined, current: Template) => Template = (next) => next,
): Promise<void> {
  const { containers, now } = deps
  const templates = templateStore(containers)
  await retryingConflicts(async () => {
    const stored = await templates.find(template.workspace_id, template.id)
    if (!stored || stored.value.meta_template_id === null || !isStillWanted(stored.value)) return
    const askedAt = now()
    const found = await readAtMeta(deps, stored.value.meta_template_id, token)
    const next = adjust(asMetaHas(stored.value, found, askedAt), found, stored.value)
    await templates.replace(stored, { ...next, updated_at: now().toISOString() })
  })
}
