/**
 * Applies what Meta reports about a template to every workspace that has it. Doing so twice changes nothing, and in
 * whatever order events come, the latest one holds.
 */
import { retryingConflicts } from '../conflicts.ts'
import type { Deps } from '../deps.ts'
import type { WorkspaceId } from '../ids.ts'
import { workspacesOfWaba } from '../phone-numbers/find.ts'
import { reasonOf } from './find-at-meta.ts'
import { normalLanguage } from './languages.ts'
import { STATUSES, TemplateStatus, templateId, type Template } from './schema.ts'
import { templateStore } from './store.ts'

export interface TemplateEvent {
  wabaId: string
  name: string
  /** As the webhook writes it: `en-US` is `en_US`. */
  language: string
  /** Meta's word: a status, or one of a few other names for one. */
  event: string
  reason: string | null
  metaTemplateId: string
  /** When Meta said it: ISO time. */
  at: string
  /** The category Meta decided on, where the event says it. */
  category?: Template['category'] | undefined
}

/** `unknown`: no workspace has this template, or Meta used a word we do not know; the caller keeps it for inspection. */
export type AppliedEvent = 'applied' | 'unchanged' | 'unknown'

/** Events that are not the name of a status. A flagged template is at risk, but Meta still sends it. */
const OTHER_WORDS: Record<string, TemplateStatus> = {
  REINSTATED: 'APPROVED',
  UNARCHIVED: 'APPROVED',
  UNPAUSE: 'APPROVED',
  FLAGGED: 'APPROVED',
}

const CLOCK_SKEW_MS = 60_000

type ApplyDeps = Pick<Deps, 'containers' | 'log' | 'now'>

export async function applyTemplateStatus(deps: ApplyDeps, event: TemplateEvent): Promise<AppliedEvent> {
  const status = statusOf(event.event)
  if (!status) return 'unknown'
  const workspaceIds = await workspacesOfWaba(deps, event.wabaId)
  const results = await Promise.all(workspaceIds.map((workspaceId) => applyTo(deps, workspaceId, event, status)))
  if (results.includes('applied')) return 'applied'
  return results.includes('unchanged') ? 'unchanged' : 'unknown'
}

async function applyTo(
  { containers, log, now }: ApplyDeps,
  workspaceId: WorkspaceId,
  event: TemplateEvent,
  status: TemplateStatus,
): Promise<AppliedEvent> {
  const templates = templateStore(containers)
  const id = templateId(workspaceId, event.wabaId, event.name, normalLanguage(event.language))
  return retryingConflicts(async () => {
    const stored = await templates.find(workspaceId, id)
    if (!stored) return 'unknown'
    const next = withStatus(stored.value, event, status)
    if (!next) return 'unchanged'
    await templates.replace(stored, { ...next, updated_at: now().toISOString() })
    log.info('template.status', { workspace_id: workspaceId, template_id: id, status })
    return 'applied'
  })
}

/** The template after the event, or undefined if the event tells nothing new about it. */
export function withStatus(template: Template, event: TemplateEvent, status: TemplateStatus): Template | undefined {
  const at = new Date(event.at).toISOString()
  if (isAboutAnother(template, event)) return undefined
  if (template.status_at !== null && !isLater({ at, status }, { at: template.status_at, status: template.status })) {
    return undefined
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

/** A deleted template's last words must not hit a later one of the same name. */
function isAboutAnother(template: Template, { metaTemplateId, at }: TemplateEvent): boolean {
  if (template.meta_template_id !== null) return template.meta_template_id !== metaTemplateId
  return Date.parse(at) < Date.parse(template.created_at) - CLOCK_SKEW_MS
}

interface Said {
  at: string
  status: TemplateStatus
}

function isLater(a: Said, b: Said): boolean {
  if (a.at !== b.at) return a.at > b.at
  return STATUSES.indexOf(a.status) > STATUSES.indexOf(b.status)
}

function statusOf(event: string): TemplateStatus | undefined {
  const word = event.toUpperCase()
  return OTHER_WORDS[word] ?? TemplateStatus.safeParse(word).data
}
