/** A contact opts in or out, through the product's own verb. */
import { updateContact } from '../../shared/contacts/update.ts'
import type { Deps } from '../../shared/deps.ts'
import type { WorkspaceId } from '../../shared/ids.ts'

export async function applyConsent(
  deps: Deps,
  workspaceId: WorkspaceId,
  contactId: string,
  optedIn: boolean,
): Promise<void> {
  await updateContact(deps, workspaceId, contactId, { opted_in: optedIn, source: 'api' })
}
