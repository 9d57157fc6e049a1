/** Once a minute: wakes imports whose worker is silent, whatever was killed when, and gives up those that never come on. */
import type { Deps } from '../deps.ts'
import { isConflict } from '../errors.ts'
import type { WorkspaceId } from '../ids.ts'
import { finished, isFinished, type Import } from './schema.ts'
import { importStore } from './store.ts'

/** Longer than a part takes, and than reading is silent. */
export const SILENT_AFTER_MS = 90_000
const MOST_STALLS = 5

const GIVEN_UP =
  'Something went wrong on our side. Import the file again: what is stored already is not changed by that'

type SweepDeps = Pick<Deps, 'containers' | 'queues' | 'now' | 'log'>

/** How many were woken. One that cannot be looked at does not keep the others waiting. */
export async function sweepImports(deps: SweepDeps): Promise<number> {
  const since = new Date(deps.now().getTime() - SILENT_AFTER_MS)
  let woken = 0
  for (const { workspace_id, id } of await importStore(deps.containers).silentSince(since)) {
    try {
      if (await wake(deps, workspace_id, id)) woken++
    } catch (error) {
      deps.log.error('import.not_swept', { import_id: id, error })
    }
  }
  return woken
}

async function wake(deps: SweepDeps, workspaceId: WorkspaceId, id: string): Promise<boolean> {
  const store = importStore(deps.containers)
  const stored = await store.find(workspaceId, id)
  if (!stored || isFinished(stored.value)) return false
  const isHopeless = stored.value.stalls >= MOST_STALLS
  try {
    await store.replace(stored, isHopeless ? givenUp(stored.value, deps.now()) : stalled(stored.value, deps.now()))
  } catch (error) {
    // It came on at this moment.
    if (isConflict(error)) return false
    throw error
  }
  deps.log.warn(isHopeless ? 'import.given_up' : 'import.woken', { import_id: id, stalls: stored.value.stalls })
  if (isHopeless) return false
  await deps.queues.send('contact-imports', { workspace_id: workspaceId, import_id: id })
  return true
}

function stalled(job: Import, now: Date): Import {
  return { ...job, stalls: job.stalls + 1, updated_at: now.toISOString() }
}

function givenUp(job: Import, now: Date): Import {
  return { ...finished(job, 'failed', now), problem: GIVEN_UP }
}
