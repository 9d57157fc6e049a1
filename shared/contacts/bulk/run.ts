/**
 * Works through a job over contacts, some at a time: each step is one transaction of contacts and job together, so that it may be
 * killed anywhere and run again, also twice at once. Memory and time of a step are the same however many contacts there are.
 */
import type { BatchOperation, Stored } from '../../azure/cosmos.ts'
import { retryingConflicts } from '../../conflicts.ts'
import type { Deps } from '../../deps.ts'
import type { QueueMessage } from '../../queue/messages.ts'
import type { Contact } from '../schema.ts'
import { withTags } from '../tag.ts'
import type { BulkJob } from './schema.ts'
import { bulkStore } from './store.ts'
import { watchBulk } from './watch.ts'

/** With the job itself, as many as a batch takes. */
const CONTACTS_PER_STEP = 99
/** Of a batch's 2 MB. */
const MOST_BYTES = 1_500_000
/** In one invocation, so that none runs for long. */
const STEPS = 30

type RunDeps = Pick<Deps, 'containers' | 'queues' | 'now' | 'log' | 'backOff'>

export async function runBulk(deps: RunDeps, message: QueueMessage<'contact-jobs'>): Promise<void> {
  if (message.is_watch === true) return watchBulk(deps, message)
  for (let step = 0; step < STEPS; step++) {
    if (await retryingConflicts(() => bulkStep(deps, message), deps.backOff)) return
  }
  await deps.queues.send('contact-jobs', message)
}

/** True if nothing is left to do. Throws `conflict` where somebody else changed a contact, or took the step. */
async function bulkStep(deps: RunDeps, { workspace_id, job_id }: QueueMessage<'contact-jobs'>): Promise<boolean> {
  const store = bulkStore(deps.containers)
  const stored = await store.find(workspace_id, job_id)
  if (stored?.value.status !== 'running') return true
  const found = await store.next(stored.value, CONTACTS_PER_STEP)
  const now = deps.now()
  const { job, operations, taken } = worked(stored.value, found, now)
  const isDone = found.length < CONTACTS_PER_STEP && taken === found.length
  const next = isDone ? { ...job, status: 'done' as const, finished_at: now.toISOString() } : job
  await store.save(stored, next, operations)
  if (isDone) {
    const { matched, changed, unchanged, refused } = next
    deps.log.info('contacts.bulk_done', { workspace_id, job_id, matched, changed, unchanged, refused })
  }
  return isDone
}

interface Worked {
  job: BulkJob
  operations: BatchOperation<Contact>[]
  taken: number
}

/** As many of those found as fit into one batch. */
function worked(before: BulkJob, found: readonly Stored<Contact>[], now: Date): Worked {
  const job = { ...before, stalls: 0, updated_at: now.toISOString() }
  const operations: BatchOperation<Contact>[] = []
  let [bytes, taken] = [0, 0]
  for (const { value, etag } of found) {
    const next = changedBy(job, value, now)
    if (typeof next === 'object' && next !== value) {
      bytes += Buffer.byteLength(JSON.stringify(next))
      if (bytes > MOST_BYTES && taken > 0) break
      operations.push({ kind: 'replace', document: next, etag })
      job.changed++
    } else if (next === value) job.unchanged++
    else job.refused++
    job.cursor = value.id
    taken++
  }
  return { job, operations, taken }
}

function changedBy({ action, tags }: BulkJob, contact: Contact, now: Date): Contact | 'too many' {
  const at = now.toISOString()
  if (action === 'delete') return { ...contact, deleted: true, deleted_at: at, updated_at: at }
  return withTags(contact, action === 'tag' ? { add: tags } : { remove: tags }, now)
}
