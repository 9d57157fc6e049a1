/** Ends an import: what is stored stays. The part that is being written is brought to its end, some seconds later. */
import { retryingConflicts } from '../conflicts.ts'
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import type { WorkspaceId } from '../ids.ts'
import { finished, type Import } from './schema.ts'
import { importStore } from './store.ts'

/** Of one that is cancelled already, nothing changes. Throws `import_finished` for one that came to its end. */
export async function cancelImport(
  { containers, now, backOff }: Pick<Deps, 'containers' | 'now'> & Partial<Pick<Deps, 'backOff'>>,
  workspaceId: WorkspaceId,
  importId: string,
): Promise<Import> {
  const store = importStore(containers)
  return retryingConflicts(async () => {
    const stored = await store.get(workspaceId, importId)
    const next = cancelled(stored.value, now())
    return next === stored.value ? next : (await store.replace(stored, next)).value
  }, backOff)
}

function cancelled(job: Import, now: Date): Import {
  switch (job.status) {
    case 'queued':
    case 'reading':
      return finished(job, 'cancelled', now)
    case 'importing':
      return { ...job, status: 'cancelling', updated_at: now.toISOString() }
    case 'cancelling':
    case 'cancelled':
      return job
    default:
      throw new AppError('import_finished', `This import is ${job.status}: there is nothing to cancel`)
  }
}
