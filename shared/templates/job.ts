/** What the jobs at Meta share: their input, what Meta's answers mean for them, and how they write. */
import { retryingConflicts } from '../conflicts.ts'
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import type { QueueMessage } from '../queue/messages.ts'
import type { GraphAnswer, GraphError } from '../whatsapp/graph.ts'
import { isPassing } from '../whatsapp/refusal.ts'
import type { Template } from './schema.ts'
import { templateStore } from './store.ts'

export type Submission = QueueMessage<'template-submissions'>

export interface AtMeta {
  /** As it was when the job began. */
  template: Template
  message: Submission
  token: string
}

/** Meta counts calls and new templates by the hour. */
const AFTER_THROTTLE_SECONDS = 300
const THROTTLED = new Set([4, 80007])

export type Judged = { kind: 'done'; body: unknown } | { kind: 'refused'; error: GraphError } | { kind: 'later' }

/** Whatever is not known to be refused is tried again. `later`: the message was queued anew. */
export async function judged(
  { queues }: Pick<Deps, 'queues'>,
  answer: GraphAnswer,
  message: Submission,
): Promise<Judged> {
  if (answer.kind === 'ok') return { kind: 'done', body: answer.body }
  if (answer.kind !== 'refused') throw new AppError('meta_unavailable', `Meta gave no answer: ${answer.reason}`)
  const { error } = answer
  if (THROTTLED.has(error.code)) {
    await queues.send('template-submissions', message, { delaySeconds: AFTER_THROTTLE_SECONDS })
    return { kind: 'later' }
  }
  if (isPassing(error)) throw new AppError('meta_unavailable', `Meta was busy: code ${error.code}`)
  return { kind: 'refused', error }
}

/** Deleted ones too. `next` returns its input to leave it. */
export async function changeTemplate(
  { containers, now }: Pick<Deps, 'containers' | 'now'>,
  { workspace_id, id }: Template,
  next: (current: Template) => Template,
): Promise<void> {
  const templates = templateStore(containers)
  await retryingConflicts(async () => {
    const stored = await templates.findAny(workspace_id, id)
    if (!stored) return
    const changed = next(stored.value)
    if (changed !== stored.value) await templates.replace(stored, { ...changed, updated_at: now().toISOString() })
  })
}
