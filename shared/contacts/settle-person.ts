/**
 * Makes one contact of what is known about a person, under their number: whatever else they were known as becomes an alias
 * to it. All of it is one transaction, so nobody ever finds half of it.
 */
import type { BatchOperation, Stored } from '../azure/cosmos.ts'
import type { WorkspaceId } from '../ids.ts'
import { newConsent } from './consent.ts'
import { formerIds, merged } from './merge.ts'
import type { PhoneNumber } from './phone.ts'
import { contactId, isOptedOut, newContact, phoneFields, type Alias, type Consent, type Contact } from './schema.ts'
import { isContact, type ContactStore } from './store.ts'

export interface Settling {
  phone: PhoneNumber
  /** What is stored under the number now: nothing, its contact, or an alias that a new person replaces. */
  here: Stored<Contact | Alias> | undefined
  /** Contacts that are this person too. */
  others: readonly Stored<Contact>[]
  /** Other ids of the person, with what is stored there. */
  links: readonly { id: string; stored: Stored<Contact | Alias> | undefined }[]
  /** Since when, by Meta's clock. */
  since: string
  /** What else is known, on top of the merged contact. */
  told: (contact: Contact) => Contact
}

/** Throws `conflict` where somebody else wrote meanwhile. */
export async function settlePerson(
  { store, workspaceId, now }: { store: ContactStore; workspaceId: WorkspaceId; now: Date },
  { phone, here, others, links, since, told }: Settling,
): Promise<Contact> {
  const known = here && isContact(here) ? here.value : undefined
  const [first, ...more] = others.map(({ value }) => value)
  const base = first && !known ? movedTo(workspaceId, phone, first, now) : (known ?? blank(workspaceId, phone, now))
  const rest = known && first ? [first, ...more] : more
  const contact = told(rest.reduce((into, from) => merged(into, from, now), base))
  const aliases = new Map(links.map(({ id, stored }) => [id, stored]))
  for (const other of others) aliases.set(other.value.id, other)
  await store.writeAllWithConsent(workspaceId, [
    put(contact, here),
    ...[...aliases].map(([id, stored]) => put(aliasOf(id, contact, since), stored)),
    ...changeOfConsent([known, ...others.map(({ value }) => value)], contact, now),
  ])
  return contact
}

function blank(workspaceId: WorkspaceId, phone: PhoneNumber, now: Date): Contact {
  return newContact(workspaceId, { phone, name: null, tags: [], optedIn: false, source: 'wrote' }, now)
}

/** The contact under another number: what could not be delivered to the one before says nothing about this one. */
function movedTo(workspaceId: WorkspaceId, phone: PhoneNumber, from: Contact, now: Date): Contact {
  const { unreachable: _unreachable, former_ids: _formerIds, ...rest } = from
  const id = contactId(workspaceId, phone.waId)
  return { ...rest, id, ...phoneFields(phone), former_ids: formerIds({ id }, from), updated_at: now.toISOString() }
}

function aliasOf(id: string, { id: contact_id, workspace_id }: Contact, at: string): Alias {
  return { id, type: 'alias', v: 1, workspace_id, contact_id, at }
}

function put<T extends Contact | Alias>(document: T, stored: Stored<Contact | Alias> | undefined): BatchOperation<T> {
  return stored ? { kind: 'replace', document, etag: stored.etag } : { kind: 'create', document }
}

/** Campaigns that were planned with one of those who had said yes hear of the no. */
function changeOfConsent(before: (Contact | undefined)[], contact: Contact, now: Date): BatchOperation<Consent>[] {
  if (!isOptedOut(contact) || before.every((one) => !one || isOptedOut(one))) return []
  return [{ kind: 'create', document: newConsent(contact, now.toISOString()) }]
}
