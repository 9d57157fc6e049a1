/**
 * Applies what Meta reports about a template to every workspace that has it. Doing so twice changes nothing, and in
 * whatever order events come, the latest one holds.
 */
import {
  applyToHolders,
  isAboutAnother,
  type ApplyDeps,
  type AppliedEvent,
  type TemplateRef,
} from './apply-to-holders.ts'
import { reasonOf } from './as-meta-has.ts'
import { STATUSES, statusOf, type Template, type TemplateStatus } from './schema.ts'

export interface TemplateEvent extends TemplateRef {
  /** Meta's word: a status, or one of a few other names for one. */
  event: string
  reason: string | null
  /** The category Meta decided on, where the event says it. */
  category?: Template['category'] | undefined
}

export async function applyTemplateStatus(deps: ApplyDeps, event: TemplateEvent): Promise<AppliedEvent> {
  const status = statusOf(event.event)
  if (!status) return 'unknown'
  return applyToHolders(deps, event, (template) => withStatus(template, event, status))
}

/** The template after the event, or undefined if the event tells nothing new about it. */
export function withStatus(template: Template, event: TemplateEvent, status: TemplateStatus): Template | undefined {
  const at = new Date(event.at).toISOString()
  if (isAboutAnother(template, event)) return undefined
  if (!isNews(template, { at, status })) return undefined
  // Out of use here whatever Meta says; Meta is asked when somebody takes it back.
  if (template.is_disabled_here === true) return noted(template, event)
  // The job that is under way asks Meta at its end; it must not miss what is said meanwhile.
  if (isAsking(template)) {
    return template.heard_at === at ? undefined : { ...template, heard_at: at }
  }
  return {
    ...template,
    meta_template_id: event.metaTemplateId,
    category: event.category ?? template.category,
    status,
    status_at: at,
    rejection_reason: status === 'APPROVED' ? null : reasonOf(event.reason),
  }
}

function isAsking({ task }: Template): boolean {
  return task?.kind === 'edit' || task?.kind === 'ask'
}

function isNews({ status_at, status }: Template, said: Said): boolean {
  return status_at === null || isLater(said, { at: status_at, status })
}

function noted(template: Template, { metaTemplateId }: TemplateEvent): Template | undefined {
  return template.meta_template_id === null ? { ...template, meta_template_id: metaTemplateId } : undefined
}

interface Said {
  at: string
  status: TemplateStatus
}

function isLater(a: Said, b: Said): boolean {
  if (a.at !== b.at) return a.at > b.at
  return STATUSES.indexOf(a.status) > STATUSES.indexOf(b.status)
}
