import { contactStore } from '../../shared/contacts/store.ts'
import type { Deps } from '../../shared/deps.ts'
import type { WorkspaceId } from '../../shared/ids.ts'

/** The ids of those who opted out since, as campaigns ask for them. */
export async function optedOutSince(
  { containers }: Pick<Deps, 'containers'>,
  workspaceId: WorkspaceId,
  at: string,
): Promise<string[]> {
  const leftOut = await contactStore(containers).leftOutSince(workspaceId, at)
  return [...leftOut].flatMap(([id, reason]) => (reason === 'opted_out' ? [id] : []))
}
