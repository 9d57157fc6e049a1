/** Deletes a contact: it is gone for every read, list and campaign, but its opt-out is remembered. */
import { retryingConflicts } from '../conflicts.ts'
import type { Deps } from '../deps.ts'
import type { WorkspaceId } from '../ids.ts'
import { findUndeleted } from './find.ts'
import { contactStore } from './store.ts'

export async function deleteContact(
  { containers, now }: Pick<Deps, 'containers' | 'now'>,
  workspaceId: WorkspaceId,
  contactId: string,
): Promise<void> {
  const store = contactStore(containers)
  await retryingConflicts(async () => {
    const stored = await findUndeleted(store, workspaceId, contactId)
    const at = now().toISOString()
    await store.replace(stored, { ...stored.value, deleted: true, deleted_at: at, updated_at: at })
  })
}
