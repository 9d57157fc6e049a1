/** Reads one contact. */
import type { Stored } from '../azure/cosmos.ts'
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import type { WorkspaceId } from '../ids.ts'
import { NOT_FOUND_WORDS } from '../workspaces/membership.ts'
import type { Contact } from './schema.ts'
import { contactStore, type ContactStore } from './store.ts'

export async function getContact(
  { containers }: Pick<Deps, 'containers'>,
  workspaceId: WorkspaceId,
  contactId: string,
): Promise<Contact> {
  return (await findUndeleted(contactStore(containers), workspaceId, contactId)).value
}

/** A deleted contact is as gone as one that never was. */
export async function findUndeleted(
  store: ContactStore,
  workspaceId: WorkspaceId,
  contactId: string,
): Promise<Stored<Contact>> {
  const stored = await store.find(workspaceId, contactId)
  if (!stored || stored.value.deleted) throw new AppError('contact_not_found', NOT_FOUND_WORDS)
  return stored
}
