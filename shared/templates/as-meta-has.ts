/** What a template here becomes when Meta has told what it has. */
import { contentOf, hasSameContent } from './content.ts'
import type { MetaTemplate } from './find-at-meta.ts'
import type { Template, TemplateStatus } from './schema.ts'

/** Webhooks come late and their clock is another: what was said shortly before we asked may still be told. */
export const CLOCK_SKEW_MS = 60_000

/** The template as Meta has it, undefined if Meta has none. `askedAt`: taken before Meta was asked. */
export function asMetaHas(template: Template, found: MetaTemplate | undefined, askedAt: Date): Template {
  const asked = new Date(askedAt.getTime() - CLOCK_SKEW_MS).toISOString()
  const known = {
    ...template,
    task: undefined,
    before_edit: undefined,
    heard_at: undefined,
    status_at: template.status_at !== null && template.status_at > asked ? template.status_at : asked,
  }
  const status = (word: TemplateStatus) => (template.is_disabled_here === true ? template.status : word)
  if (!found) return { ...known, status: status('DELETED') }
  return {
    ...known,
    ...(hasSameContent(template, found) ? {} : contentOf(found.components)),
    meta_template_id: found.id,
    category: found.category ?? template.category,
    status: status(found.status),
    rejection_reason: reasonFor(template, found),
    quality_score: found.quality_score?.score ?? template.quality_score,
  }
}

/** What was said of a refused edit stays with the approved version it left. */
function reasonFor(template: Template, found: MetaTemplate): string | null {
  if (found.status === 'PENDING') return null
  if (found.status !== 'APPROVED') return reasonOf(found.rejected_reason)
  return template.status === 'APPROVED' ? template.rejection_reason : null
}

/** Meta's NONE is no reason. */
export function reasonOf(reason: string | null | undefined): string | null {
  return reason === undefined || reason === 'NONE' || reason === '' ? null : reason
}
