/**
 * Hands a new template to Meta and keeps what Meta answers. Safe to run twice: a template that Meta took before we
 * could note it is found there again by its name and language.
 */
import { z } from 'zod'
import { retryingConflicts } from '../conflicts.ts'
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import { phoneNumberOrNone } from '../phone-numbers/find.ts'
import { tokenOf, type PhoneNumber } from '../phone-numbers/schema.ts'
import type { QueueMessage } from '../queue/messages.ts'
import type { GraphAnswer, GraphError } from '../whatsapp/graph.ts'
import { isPassing, metaWords } from '../whatsapp/refusal.ts'
import { findAtMeta, hasSameContent } from './find-at-meta.ts'
import { templateParameters } from './parameters.ts'
import { TemplateCategory, TemplateStatus, type Template } from './schema.ts'
import { templateStore } from './store.ts'

type SubmitDeps = Pick<Deps, 'config' | 'containers' | 'graph' | 'queues' | 'now' | 'log'>
type Submission = QueueMessage<'template-submissions'>

/** Longer than any request takes from queueing to writing; within the deliveries that a queue message gets. */
const WRITE_MAX_MS = 90_000
/** Meta counts calls and new templates by the hour. */
const AFTER_THROTTLE_SECONDS = 300
const THROTTLED = new Set([4, 80007])
/** "There is already content for this template in this language." */
const EXISTS_SUBCODE = 2388024

/** So long the queue itself delivers again. It does so five times and then never more, which would end in limbo. */
const QUICK_RETRIES_MS = 60_000
const GIVE_UP_AFTER_MS = 24 * 3600 * 1000
const SLOW_RETRY_SECONDS = 300

export async function submitTemplate(deps: SubmitDeps, message: Submission): Promise<void> {
  try {
    await submitOnce(deps, message)
  } catch (error) {
    const age = deps.now().getTime() - Date.parse(message.queued_at)
    const isWaiting = error instanceof AppError && error.code === 'meta_unavailable' && age > QUICK_RETRIES_MS
    if (!isWaiting) throw error
    if (age > GIVE_UP_AFTER_MS) await giveUp(deps, message)
    else await deps.queues.send('template-submissions', message, { delaySeconds: SLOW_RETRY_SECONDS })
  }
}

async function giveUp(deps: SubmitDeps, { workspace_id, template_id }: Submission): Promise<void> {
  const template = (await templateStore(deps.containers).find(workspace_id, template_id))?.value
  if (template) await reject(deps, template, 'Meta could not be reached for a day, so this was not submitted')
}

async function submitOnce(deps: SubmitDeps, message: Submission): Promise<void> {
  const { containers, graph, config, now } = deps
  const template = (await templateStore(containers).find(message.workspace_id, message.template_id))?.value
  if (!template) {
    if (now().getTime() - Date.parse(message.queued_at) > WRITE_MAX_MS) return
    throw new AppError('template_not_found', 'The template is not written yet, or never was: to be delivered again')
  }
  if (template.status !== 'PENDING' || template.meta_template_id !== null) return
  const number = await phoneNumberOrNone(deps, template.workspace_id, template.phone_number_id)
  if (!number) return reject(deps, template, 'The phone number of this template is not connected any more')
  const { name, category, language, components, waba_id } = template
  const { named } = templateParameters(components)
  const answer = await graph.call({
    method: 'POST',
    path: `${waba_id}/message_templates`,
    token: tokenOf(config, number),
    json: { name, category, language, parameter_format: named ? 'named' : 'positional', components },
  })
  await take(deps, { template, number, message, answer })
}

interface Answered {
  template: Template
  number: PhoneNumber
  message: Submission
  answer: GraphAnswer
}

const Accepted = z.object({
  id: z.string(),
  status: TemplateStatus.catch('PENDING'),
  category: TemplateCategory.optional(),
})

/** Whatever is not known to be refused is tried again: a second submission of the same template is recognised. */
async function take(deps: SubmitDeps, { template, number, message, answer }: Answered): Promise<void> {
  if (answer.kind === 'ok') return accept(deps, template, Accepted.parse(answer.body))
  if (answer.kind !== 'refused') throw new AppError('meta_unavailable', `Meta gave no answer: ${answer.reason}`)
  const { error } = answer
  if (error.error_subcode === EXISTS_SUBCODE) return adopt(deps, template, number, error)
  if (THROTTLED.has(error.code)) {
    await deps.queues.send('template-submissions', message, { delaySeconds: AFTER_THROTTLE_SECONDS })
  } else if (isPassing(error)) {
    throw new AppError('meta_unavailable', `Meta was busy: code ${error.code}`)
  } else {
    await reject(deps, template, metaWords(error))
  }
}

/** The name is taken at Meta: by an earlier submission of this very template, or by another one. */
async function adopt(deps: SubmitDeps, template: Template, number: PhoneNumber, refusal: GraphError): Promise<void> {
  const found = await findAtMeta(deps, template, tokenOf(deps.config, number))
  if (found && hasSameContent(template, found)) return accept(deps, template, found)
  const other = found ? 'Meta has another template with this name and language: choose another name. ' : ''
  await reject(deps, template, `${other}${metaWords(refusal)}`)
}

interface Taken {
  id: string
  status: TemplateStatus
  category?: TemplateCategory | undefined
  rejectionReason?: string | null
}

async function accept(deps: SubmitDeps, template: Template, taken: Taken): Promise<void> {
  await change(deps, template, (current) => {
    const noted = { ...current, meta_template_id: taken.id, category: taken.category ?? current.category }
    // An event about it that came first knows better than this answer.
    if (current.status_at !== null && current.meta_template_id === taken.id) return noted
    return { ...noted, status: taken.status, status_at: null, rejection_reason: taken.rejectionReason ?? null }
  })
  deps.log.info('template.submitted', { workspace_id: template.workspace_id, template_id: template.id })
}

async function reject(deps: SubmitDeps, template: Template, reason: string): Promise<void> {
  await change(deps, template, (current) =>
    current.status_at === null && current.meta_template_id === null
      ? { ...current, status: 'REJECTED', rejection_reason: reason }
      : current,
  )
  deps.log.info('template.refused', { workspace_id: template.workspace_id, template_id: template.id })
}

async function change(deps: SubmitDeps, { workspace_id, id }: Template, next: (current: Template) => Template) {
  const templates = templateStore(deps.containers)
  await retryingConflicts(async () => {
    const stored = await templates.find(workspace_id, id)
    if (!stored) return
    const changed = next(stored.value)
    if (changed !== stored.value) await templates.replace(stored, { ...changed, updated_at: deps.now().toISOString() })
  })
}
