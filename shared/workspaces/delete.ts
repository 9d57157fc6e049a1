/**
 * Deletes a workspace: one write marks it, and everything else follows from the mark (see settle.ts), in this request
 * and once more from the queue. The second message comes after every request and worker that was at work when the mark
 * was written has ended: what such a one still made is cleared away too.
 */
import { retryingConflicts } from '../conflicts.ts'
import { AppError } from '../errors.ts'
import type { WorkspaceId } from '../ids.ts'
import { SETTLE_AFTER_SECONDS } from './members/settle.ts'
import { settleWorkspace, type SettleDeps } from './settle.ts'
import { workspaceStore } from './store.ts'

/** Longer than host.json lets anything run. */
const AFTER_EVERYTHING_SECONDS = 20 * 60

export async function deleteWorkspace(deps: SettleDeps, workspaceId: WorkspaceId): Promise<void> {
  const store = workspaceStore(deps.containers)
  for (const delaySeconds of [SETTLE_AFTER_SECONDS, AFTER_EVERYTHING_SECONDS]) {
    await deps.queues.send('workspace-changes', { workspace_id: workspaceId }, { delaySeconds })
  }
  await retryingConflicts(async () => {
    const stored = await store.findAny(workspaceId)
    if (!stored) throw new AppError('workspace_not_found', 'This workspace does not exist')
    const { value } = stored
    if (value.deleted_at === undefined) {
      await store.replace(stored, { ...value, status: 'cancelled', deleted_at: deps.now().toISOString() })
    }
  })
  deps.log.info('workspace.deleted', { workspace_id: workspaceId })
  await settleWorkspace(deps, workspaceId)
}
