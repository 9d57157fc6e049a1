/**
 * The one job of the queue `template-submissions`: it looks at what the template asks for (to be submitted, edited,
 * asked about or deleted at Meta) and does that. Safe to run twice: what Meta took before we could note it is
 * recognised there. A job that comes before the write that it is for, or whose write never landed, changes nothing.
 */
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import { phoneNumberOrNone } from '../phone-numbers/find.ts'
import { tokenOf } from '../phone-numbers/schema.ts'
import type { QueueMessage } from '../queue/messages.ts'
import { refreshTemplate } from './ask.ts'
import { createAtMeta, refuse } from './create-at-meta.ts'
import { deleteAtMeta, forgetDeletions } from './delete-at-meta.ts'
import { editAtMeta, giveUpEdit } from './edit-at-meta.ts'
import type { AtMeta, Submission } from './job.ts'
import type { Template } from './schema.ts'
import { templateStore } from './store.ts'

type SubmitDeps = Pick<Deps, 'config' | 'containers' | 'graph' | 'queues' | 'now' | 'log'>

/** Longer than any request takes from queueing to writing; within the deliveries that a queue message gets. */
const WRITE_MAX_MS = 90_000

/** So long the queue itself delivers again. It does so five times and then never more, which would end in limbo. */
const QUICK_RETRIES_MS = 60_000
const GIVE_UP_AFTER_MS = 24 * 3600 * 1000
const SLOW_RETRY_SECONDS = 300

export async function submitTemplate(deps: SubmitDeps, message: QueueMessage<'template-submissions'>): Promise<void> {
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

async function submitOnce(deps: SubmitDeps, message: Submission): Promise<void> {
  const template = (await templateStore(deps.containers).findAny(message.workspace_id, message.template_id))?.value
  if (!template || isBeforeItsWrite(template, message)) {
    if (deps.now().getTime() - Date.parse(message.queued_at) > WRITE_MAX_MS) return
    throw new AppError('template_not_found', 'The template is not written yet, or never was: to be delivered again')
  }
  const number = await phoneNumberOrNone(deps, template.workspace_id, template.phone_number_id)
  if (!number) return withoutNumber(deps, template)
  const at: AtMeta = { template, message, token: tokenOf(deps.config, number) }
  if ((template.deletions ?? []).length > 0 && !(await deleteAtMeta(deps, at))) return
  if (template.type === 'deleted_template') return
  await run(deps, at)
}

async function run(deps: SubmitDeps, at: AtMeta): Promise<void> {
  const { template, message } = at
  const { task } = template
  if (message.refresh === true) return refreshTemplate(deps, at, (current) => current.task === undefined)
  // Another request came after the one that queued this, or this was done before.
  if (message.task_id !== undefined && task?.id !== message.task_id) return
  if (task?.kind === 'edit') return editAtMeta(deps, at)
  if (task?.kind === 'ask') return refreshTemplate(deps, at, (current) => current.task?.id === task.id)
  if (isToBeSubmitted(template)) return createAtMeta(deps, at)
}

function isToBeSubmitted({ status, meta_template_id }: Template): boolean {
  return status === 'PENDING' && meta_template_id === null
}

function isBeforeItsWrite({ revised_at, created_at }: Template, { queued_at, refresh }: Submission): boolean {
  return refresh !== true && queued_at > (revised_at ?? created_at)
}

async function withoutNumber(deps: SubmitDeps, template: Template): Promise<void> {
  await forgetDeletions(deps, template)
  await refuse(deps, template, 'The phone number of this template is not connected any more')
  if (template.task?.kind === 'edit') await giveUpEdit(deps, template, 'The phone number is not connected any more')
}

async function giveUp(deps: SubmitDeps, { workspace_id, template_id, refresh }: Submission): Promise<void> {
  const template = (await templateStore(deps.containers).findAny(workspace_id, template_id))?.value
  if (!template || refresh === true) return
  const words = 'Meta could not be reached for a day, so this was not submitted'
  await forgetDeletions(deps, template)
  if (template.task?.kind === 'edit') await giveUpEdit(deps, template, words)
  else await refuse(deps, template, words)
}
