/** The consent ledger: one entry for each change of mind, written together with the contact it changes. */
import { newId } from '../ids.ts'
import type { Consent, Contact } from './schema.ts'

/** The entry of the consent that `contact` has now. `at`: when it is stored. */
export function newConsent(contact: Contact, at: string): Consent {
  const { former_ids, workspace_id } = contact
  return {
    id: newId('other', workspace_id),
    type: 'consent',
    v: 1,
    workspace_id,
    contact_id: contact.id,
    kind: contact.opted_in ? 'opt_in' : 'opt_out',
    at,
    source: contact.opted_in_source,
    ...(former_ids === undefined ? {} : { former_ids }),
  }
}
