/** A job over contacts, for tests that name every kind of id. */
import { askForBulk } from '../../shared/contacts/bulk/ask.ts'
import type { Deps } from '../../shared/deps.ts'
import type { WorkspaceId } from '../../shared/ids.ts'

/** Over nobody. */
export async function aBulkJob(deps: Deps, workspaceId: WorkspaceId): Promise<string> {
  const request = { action: 'tag' as const, tags: ['x'], filter: { tags: ['nobody has this'] } }
  return (await askForBulk(deps, workspaceId, request)).id
}
