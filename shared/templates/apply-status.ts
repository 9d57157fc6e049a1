/**
 * Applies what Meta reports about a template to every workspace that has it. Doing so twice changes nothing, and in
 * whatever order events come, the latest one holds.
 */
import { pauseCampaignsUsingTemplate } from '../campaigns/using-template.ts'
import type { Deps } from '../deps.ts'
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
  /** What Meta says about it in words. */
  details?: string | undefined
  /** When Meta will disable the template, or did: ISO time. */
  disablesAt?: string | undefined
}

/** What Meta will not send any more pauses the campaigns that send it, also where the event is told again. */
export async function applyTemplateStatus(
  deps: ApplyDeps & Pick<Deps, 'gates'>,
  event: TemplateEvent,
): Promise<AppliedEvent> {
  const status = statusOf(event.event)
  if (!status) return 'unknown'
  const stopped = new Map<string, Template>()
  const result = await applyToHolders(deps, event, (template) => {
    const next = withStatus(template, event, status)
    const { id, status_at, status: holds } = next ?? template
    if (holds === status && status_at === timeOf(event) && STOPPING.has(status)) stopped.set(id, next ?? template)
    return next
  })
  for (const template of stopped.values()) {
    const { workspace_id, id } = template
    await pauseCampaignsUsingTemplate(deps, workspace_id, id, reasonToStop(template))
  }
  return result
}

/** Sends that Meta would refuse from now on. */
const STOPPING: ReadonlySet<TemplateStatus> = new Set([
  'PAUSED',
  'LOCKED',
  'ARCHIVED',
  'REJECTED',
  'DISABLED',
  'PENDING_DELETION',
  'DELETED',
])

const WORDS: Partial<Record<TemplateStatus, string>> = {
  PAUSED: 'Meta paused the template because of low quality',
  REJECTED: 'Meta rejected the template',
  DISABLED: 'Meta disabled the template for good',
}

function reasonToStop({ name, language, status, status_details, rejection_reason }: Template): string {
  const what = `${WORDS[status] ?? `The template is ${status} at Meta`}: ${name} (${language})`
  const why = status_details ?? rejection_reason
  return why ? `${what}. ${why}` : what
}

function timeOf({ at }: TemplateEvent): string {
  return new Date(at).toISOString()
}

/** The template after the event, or undefined if the event tells nothing new about it. */
export function withStatus(template: Template, event: TemplateEvent, status: TemplateStatus): Template | undefined {
  const at = timeOf(event)
  if (isAboutAnother(template, event)) return undefined
  if (!isNews(template, { at, status })) return undefined
  // Out of use here whatever Meta says; Meta is asked when somebody takes it back.
  if (template.is_disabled_here === true) return noted(template, event)
  // The job that is under way asks Meta at its end; it must not miss what is said meanwhile.
  if (isAsking(template)) {
    return template.heard_at === at ? undefined : { ...template, heard_at: at }
  }
  const { status_details: _details, disables_at: _disablesAt, ...rest } = template
  return {
    ...rest,
    ...(event.details === undefined ? {} : { status_details: event.details }),
    ...(event.disablesAt === undefined ? {} : { disables_at: event.disablesAt }),
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
