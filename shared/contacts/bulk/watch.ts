/**
 * Looks every minute whether a job over contacts comes on, from its beginning to its end: wakes one whose step was lost with its
 * worker or failed too often, and gives up one that never comes on. No query finds such jobs, because they lie among the contacts.
 */
import type { Stored } from '../../azure/cosmos.ts'
import type { Deps } from '../../deps.ts'
import { isConflict } from '../../errors.ts'
import type { QueueMessage } from '../../queue/messages.ts'
import type { BulkJob } from './schema.ts'
import { bulkStore } from './store.ts'

export const LOOK_EVERY_SECONDS = 60
/** Longer than the steps between two records take. */
const SILENT_AFTER_MS = 90_000
const MOST_STALLS = 5

type WatchDeps = Pick<Deps, 'containers' | 'queues' | 'now' | 'log'>
type Watched = Omit<QueueMessage<'contact-jobs'>, 'is_watch'>

/** What goes wrong here is logged and looked at again: nothing but the job's end ends the watch. */
export async function watchBulk(deps: WatchDeps, { workspace_id, job_id }: Watched): Promise<void> {
  const watched = { workspace_id, job_id }
  const failed = (error: unknown): void => deps.log.error('contacts.bulk_not_watched', { ...watched, error })
  let stored: Stored<BulkJob> | undefined
  try {
    stored = await bulkStore(deps.containers).find(workspace_id, job_id)
    if (stored?.value.status !== 'running') return
  } catch (error) {
    failed(error)
  }
  await lookAgain(deps, watched)
  const isSilent = stored && deps.now().getTime() - Date.parse(stored.value.updated_at) >= SILENT_AFTER_MS
  if (stored && isSilent) await wake(deps, stored).catch(failed)
}

export async function lookAgain({ queues }: Pick<Deps, 'queues'>, watched: Watched): Promise<void> {
  await queues.send('contact-jobs', { ...watched, is_watch: true }, { delaySeconds: LOOK_EVERY_SECONDS })
}

async function wake(deps: WatchDeps, stored: Stored<BulkJob>): Promise<void> {
  const { id: job_id, workspace_id, stalls } = stored.value
  const at = deps.now().toISOString()
  const isHopeless = stalls >= MOST_STALLS
  const next = isHopeless ? ({ status: 'failed', finished_at: at } as const) : { stalls: stalls + 1 }
  try {
    await bulkStore(deps.containers).replace(stored, { ...stored.value, ...next, updated_at: at })
  } catch (error) {
    // It came on at this moment.
    if (isConflict(error)) return
    throw error
  }
  deps.log.warn(isHopeless ? 'contacts.bulk_given_up' : 'contacts.bulk_woken', { workspace_id, job_id, stalls })
  if (!isHopeless) await deps.queues.send('contact-jobs', { workspace_id, job_id })
}
