/** The contact behind a number that is sent to: found, or made without consent to marketing. */
import { retryingConflicts } from '../conflicts.ts'
import type { Deps } from '../deps.ts'
import type { WorkspaceId } from '../ids.ts'
import { withoutYes } from './consent.ts'
import type { PhoneNumber } from './phone.ts'
import { contactId, newContact, restored, type Contact } from './schema.ts'
import { contactStore } from './store.ts'

/** Deleted ones too: an opt-out outlives the contact. */
export async function contactWithNumber(
  { containers }: Pick<Deps, 'containers'>,
  workspaceId: WorkspaceId,
  phone: PhoneNumber,
): Promise<Contact | undefined> {
  return (await contactStore(containers).find(workspaceId, contactId(workspaceId, phone.waId)))?.value
}

/** By the id of a contact that was sent to before. */
export async function contactOrNone(
  { containers }: Pick<Deps, 'containers'>,
  workspaceId: WorkspaceId,
  id: string,
): Promise<Contact | undefined> {
  return (await contactStore(containers).find(workspaceId, id))?.value
}

/**
 * Sending to a number must not put its owner among those whom campaigns reach: a contact that is made here is not opted
 * in, and one that was deleted comes back without its opt-in. `known` is what `contactWithNumber` found.
 */
export async function contactForSend(
  { containers, now }: Pick<Deps, 'containers' | 'now'>,
  workspaceId: WorkspaceId,
  phone: PhoneNumber,
  known: Contact | undefined,
): Promise<Contact> {
  if (known && !known.deleted) return known
  const store = contactStore(containers)
  const fresh = newContact(workspaceId, { phone, name: null, tags: [], optedIn: false, source: 'send' }, now())
  return retryingConflicts(async () => {
    const stored = await store.find(workspaceId, fresh.id)
    if (!stored) return (await store.create(fresh)).value
    if (!stored.value.deleted) return stored.value
    const back = restored(stored.value, stored.value, now(), phone)
    return (await store.replace(stored, withoutYes(back, 'send'))).value
  })
}
