/**
 * Changes a template's components or its status. Meta alone approves: a person may hand a template in (PENDING) or take
 * it out of use here (DISABLED), and no more.
 */
import { pauseCampaignsUsingTemplate } from '../campaigns/using-template.ts'
import type { Deps } from '../deps.ts'
import { AppError, fieldProblem } from '../errors.ts'
import type { WorkspaceId } from '../ids.ts'
import { checkedComponents } from './check.ts'
import type { Component } from './components.ts'
import { CLOCK_SKEW_MS } from './as-meta-has.ts'
import { findTemplate } from './find.ts'
import { reviseTemplate, type Revision } from './revise.ts'
import type { Template, TemplateStatus } from './schema.ts'

type UpdateDeps = Pick<Deps, 'containers' | 'queues' | 'now' | 'log' | 'gates'>

/** null means "not given". */
export interface TemplateChange {
  components?: unknown
  status?: TemplateStatus | null | undefined
}

export async function updateTemplate(
  deps: UpdateDeps,
  workspaceId: WorkspaceId,
  templateId: string,
  { components: sent, status }: TemplateChange,
): Promise<Template> {
  const isEdit = sent !== undefined && sent !== null
  if (isEdit && status === 'DISABLED') {
    throw fieldProblem(['body', 'status'], 'Edit the template or take it out of use, not both at once')
  }
  const current = await findTemplate(deps, workspaceId, templateId)
  const components = isEdit ? checkedComponents(current.category, sent) : undefined
  if (status === 'DISABLED') return disable(deps, workspaceId, templateId)
  if (status && status !== 'PENDING') throw notSettable(status)
  if (!components && !status) return current
  return reviseTemplate(deps, workspaceId, templateId, (template, at) =>
    components ? edited(template, { components, sent, at, status }) : submitted(template, at),
  )
}

/** Written first: a campaign that goes on in between stops at the template's status (see recipients/send-page.ts). */
async function disable(deps: UpdateDeps, workspaceId: WorkspaceId, templateId: string): Promise<Template> {
  const template = await reviseTemplate(deps, workspaceId, templateId, (current) => {
    if (current.is_disabled_here === true) return undefined
    if (current.task?.kind === 'edit') throw busy('Meta is being handed an edit of it')
    return { next: { ...current, status: 'DISABLED', is_disabled_here: true } }
  })
  await pauseCampaignsUsingTemplate(deps, workspaceId, template.id, `The template ${template.name} was disabled here`)
  return template
}

interface Edit {
  components: Component[]
  sent: unknown
  at: string
  status: TemplateStatus | null | undefined
}

/** Meta edits what it has approved, refused or paused; what it never had is submitted. */
function edited(template: Template, { components, sent, at, status }: Edit): Revision {
  if (template.is_disabled_here === true && status !== 'PENDING') {
    throw busy('it is out of use here: give status PENDING too, to take it back')
  }
  const next = { ...anew(template, at), components, components_sent: sent, special_parts: undefined }
  if (!isAtMeta(template)) {
    if (template.status === 'PENDING') throw busy('it is being submitted')
    return { next: { ...next, meta_template_id: null, status_at: null }, job: 'create' }
  }
  if (!isEditable(template)) throw busy(`it is ${template.status}`)
  return { next: { ...next, before_edit: beforeEdit(template) }, job: 'edit' }
}

function isEditable({ task, status, is_disabled_here }: Template): boolean {
  return task === undefined && (is_disabled_here === true || ['APPROVED', 'REJECTED', 'PAUSED'].includes(status))
}

function submitted(template: Template, at: string): Revision | undefined {
  const { status, task } = template
  const next = anew(template, at)
  if (!isAtMeta(template)) {
    if (!['PENDING', 'REJECTED', 'DELETED', 'DISABLED'].includes(status)) throw notSettable('PENDING', status)
    return { next: { ...next, meta_template_id: null, status_at: null }, job: 'create' }
  }
  if (task?.kind === 'edit') return undefined
  if (template.is_disabled_here === true || status === 'DISABLED' || status === 'PENDING') return { next, job: 'ask' }
  if (status !== 'REJECTED') throw notSettable('PENDING', status)
  return { next: { ...next, before_edit: beforeEdit(template) }, job: 'edit' }
}

/** Pending again. What Meta said of it before says nothing about it any more. */
function anew(template: Template, at: string): Template {
  const asked = new Date(Date.parse(at) - CLOCK_SKEW_MS).toISOString()
  const { status_at } = template
  // A second later than the last event, so that a twin of it is none.
  const after = status_at === null ? asked : new Date(Date.parse(status_at) + 1).toISOString()
  return {
    ...template,
    status: 'PENDING',
    status_at: after > asked ? after : asked,
    rejection_reason: null,
    is_disabled_here: undefined,
    before_edit: undefined,
    heard_at: undefined,
  }
}

function beforeEdit({ components, components_sent, status, is_disabled_here }: Template): Template['before_edit'] {
  return { components, components_sent, status: is_disabled_here === true ? 'PENDING' : status }
}

function isAtMeta({ meta_template_id, status }: Template): boolean {
  return meta_template_id !== null && status !== 'DELETED'
}

function busy(why: string): AppError {
  return new AppError('template_not_editable', `The template cannot be changed now: ${why}`)
}

function notSettable(status: TemplateStatus, current?: TemplateStatus): AppError {
  const words =
    current === undefined
      ? `Meta alone makes a template ${status}: set PENDING (submit it again) or DISABLED (out of use here)`
      : `A template that is ${current} cannot be made ${status}`
  return new AppError('template_status_not_settable', words)
}
