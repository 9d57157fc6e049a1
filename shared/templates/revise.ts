/**
 * One change of a template by a request, with the job that carries it to Meta. The job is queued before the write,
 * because nobody redelivers a request; it does nothing unless the write lands (see submit.ts).
 */
import { retryingConflicts } from '../conflicts.ts'
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import { newUuid, type WorkspaceId } from '../ids.ts'
import { NOT_FOUND_WORDS } from '../workspaces/membership.ts'
import type { Task, Template } from './schema.ts'
import { templateStore } from './store.ts'

/** The write that follows takes far less; a job that comes before it is delivered again (see submit.ts). */
export const AFTER_THE_WRITE_SECONDS = 1

/** The template to write. With `job` it is carried to Meta: as a task of that kind, or to work off its deletions. */
export interface Revision {
  next: Template
  job?: Task['kind'] | 'delete'
}

/** `decide` gives undefined to leave it as it is; it is asked again when somebody else writes in between. */
export async function reviseTemplate(
  { containers, queues, now }: Pick<Deps, 'containers' | 'queues' | 'now'>,
  workspaceId: WorkspaceId,
  templateId: string,
  decide: (current: Template, at: string) => Revision | undefined,
): Promise<Template> {
  const templates = templateStore(containers)
  const at = now().toISOString()
  const taskId = newUuid()
  let isQueued = false
  return retryingConflicts(async () => {
    const stored = await templates.find(workspaceId, templateId)
    if (!stored) throw new AppError('template_not_found', NOT_FOUND_WORDS)
    const revision = decide(stored.value, at)
    if (!revision) return stored.value
    const { next, job } = revision
    const task = job === undefined || job === 'delete' ? undefined : { id: taskId, kind: job }
    if (job !== undefined && !isQueued) {
      const { id } = stored.value
      const message = { workspace_id: workspaceId, template_id: id, queued_at: at, task_id: taskId }
      await queues.send('template-submissions', message, { delaySeconds: AFTER_THE_WRITE_SECONDS })
      isQueued = true
    }
    return (await templates.replace(stored, { ...next, task, revised_at: at, updated_at: at })).value
  })
}
