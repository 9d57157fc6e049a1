/** What Meta reports about a template besides its status: its quality, its category, and words that were changed at Meta. */
import type { Deps } from '../deps.ts'
import {
  applyToHolders,
  isAboutAnother,
  type ApplyDeps,
  type AppliedEvent,
  type TemplateRef,
} from './apply-to-holders.ts'
import type { Template, TemplateCategory } from './schema.ts'

export function applyTemplateQuality(deps: ApplyDeps, ref: TemplateRef, score: string): Promise<AppliedEvent> {
  return applyToHolders(deps, ref, (template) => {
    if (isAboutAnother(template, ref) || isOld(template.quality_at, ref)) return undefined
    return { ...template, quality_score: score, quality_at: ref.at }
  })
}

/** The category it has from now on, whoever chose it. */
export function applyTemplateCategory(
  deps: ApplyDeps,
  ref: TemplateRef,
  category: TemplateCategory,
): Promise<AppliedEvent> {
  return applyToHolders(deps, ref, (template) => {
    if (isAboutAnother(template, ref) || isOld(template.category_at, ref)) return undefined
    return { ...template, category, category_at: ref.at }
  })
}

export interface TemplateTexts {
  header: string | undefined
  body: string | undefined
  footer: string | undefined
}

/** Words that are not ours were written at Meta: Meta is asked for all of them. */
export async function applyTemplateTexts(
  deps: ApplyDeps & Pick<Deps, 'queues'>,
  ref: TemplateRef,
  texts: TemplateTexts,
): Promise<AppliedEvent> {
  const changed: Template[] = []
  const result = await applyToHolders(deps, ref, (template) => {
    if (!isAboutAnother(template, ref) && !saysTheSame(template, texts)) changed.push(template)
    return undefined
  })
  const queued_at = deps.now().toISOString()
  for (const { workspace_id, id } of changed) {
    await deps.queues.send('template-submissions', { workspace_id, template_id: id, queued_at, refresh: true })
  }
  return changed.length > 0 ? 'applied' : result
}

function saysTheSame({ category, components }: Template, texts: TemplateTexts): boolean {
  // Meta's own words.
  if (category === 'AUTHENTICATION') return true
  const textOf = (type: string) => components.find((component) => component.type === type)
  const own = [textOf('HEADER'), textOf('BODY'), textOf('FOOTER')].map((component) =>
    component && 'text' in component ? component.text : undefined,
  )
  return [texts.header, texts.body, texts.footer].every((text, index) => (text ?? '') === (own[index] ?? ''))
}

function isOld(known: string | undefined, { at }: TemplateRef): boolean {
  return known !== undefined && known >= at
}
