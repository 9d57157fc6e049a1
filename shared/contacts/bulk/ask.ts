/** Asks for tags or a deletion of all contacts that fit a filter, and tells how far it has come. */
import { contactStore } from '../store.ts'
import type { Deps } from '../../deps.ts'
import { AppError, fieldProblem, isConflict } from '../../errors.ts'
import { derivedId, type WorkspaceId } from '../../ids.ts'
import { NOT_FOUND_WORDS } from '../../workspaces/membership.ts'
import { segmentOrNone } from '../../segments/find.ts'
import { tidyFilter, type FilterGiven } from '../filter-api.ts'
import { NO_SEGMENT } from '../list.ts'
import { tidyTags } from '../schema.ts'
import { filtersOf, type BulkAction, type BulkJob } from './schema.ts'
import { bulkStore } from './store.ts'
import { lookAgain } from './watch.ts'

/** The write that follows takes far less; a step that comes before it would find nothing to do. */
const AFTER_THE_WRITE_SECONDS = 1

export interface Chosen {
  filter?: FilterGiven | null | undefined
  /** By its id. */
  segment?: string | null | undefined
  /** Has to be said where nothing is asked for: a forgotten condition must not reach everybody. */
  everyone?: boolean | null | undefined
}

export interface BulkRequest extends Chosen {
  action: BulkAction
  tags?: string[] | null | undefined
}

/** How many contacts it would be for now. */
export async function countChosen(
  deps: Pick<Deps, 'containers'>,
  workspaceId: WorkspaceId,
  chosen: Chosen,
): Promise<number> {
  return contactStore(deps.containers).count(workspaceId, filtersOf(await chosenBy(deps, workspaceId, chosen)))
}

export async function askForBulk(
  { containers, queues, now, log, once }: Pick<Deps, 'containers' | 'queues' | 'now' | 'log' | 'once'>,
  workspaceId: WorkspaceId,
  request: BulkRequest,
): Promise<BulkJob> {
  const tags = tagsOf(request)
  const who = await chosenBy({ containers }, workspaceId, request)
  const asked_at = now().toISOString()
  const job: BulkJob = {
    id: derivedId('contactJob', workspaceId, once.seed('contact job')),
    type: 'job',
    v: 1,
    workspace_id: workspaceId,
    action: request.action,
    tags,
    ...who,
    status: 'running',
    matched: await contactStore(containers).count(workspaceId, filtersOf(who)),
    changed: 0,
    unchanged: 0,
    refused: 0,
    cursor: '',
    asked_at,
    finished_at: null,
    stalls: 0,
    updated_at: asked_at,
  }
  const message = { workspace_id: workspaceId, job_id: job.id }
  // Nobody redelivers a request: the first step is queued before the write, and does nothing unless that lands.
  await queues.send('contact-jobs', message, { delaySeconds: AFTER_THE_WRITE_SECONDS })
  await lookAgain({ queues }, message)
  try {
    await bulkStore(containers).create(job)
  } catch (error) {
    // An earlier run of this very request made it.
    if (!isConflict(error)) throw error
    return findBulk({ containers }, workspaceId, job.id)
  }
  log.info('contacts.bulk_asked', {
    workspace_id: workspaceId,
    job_id: job.id,
    action: job.action,
    matched: job.matched,
  })
  return job
}

/** Throws `bulk_job_not_found`. */
export async function findBulk(
  { containers }: Pick<Deps, 'containers'>,
  workspaceId: WorkspaceId,
  jobId: string,
): Promise<BulkJob> {
  const stored = await bulkStore(containers).find(workspaceId, jobId)
  if (!stored) throw new AppError('bulk_job_not_found', NOT_FOUND_WORDS)
  return stored.value
}

/** Throws 422 where nobody is named, and where there is no such segment. */
async function chosenBy(
  deps: Pick<Deps, 'containers'>,
  workspaceId: WorkspaceId,
  { filter: given, segment: id, everyone }: Chosen,
): Promise<Pick<BulkJob, 'filter' | 'segment'>> {
  const filter = tidyFilter(given ?? {})
  if (typeof id === 'string') {
    const segment = await segmentOrNone(deps, workspaceId, id)
    if (!segment) throw fieldProblem(['body', 'segment'], NO_SEGMENT)
    return { filter, segment: { id: segment.id, filter: segment.filter } }
  }
  if (Object.keys(filter).length === 0 && everyone !== true) {
    const cure = 'Name a segment or at least one condition, or say "everyone": true to mean all contacts'
    throw fieldProblem(['body', 'filter'], cure)
  }
  return { filter }
}

function tagsOf({ action, tags }: BulkRequest): string[] {
  if (action === 'delete') {
    if (tags?.length)
      throw fieldProblem(['body', 'tags'], 'These would be the tags to add or take away: leave them out')
    return []
  }
  if (!tags?.length) throw fieldProblem(['body', 'tags'], `Say which tags to ${action === 'tag' ? 'add' : 'take away'}`)
  return tidyTags(tags)
}
