/**
 * Makes one contact of what is known about a person; whatever else they were known as becomes an alias to it. All of it is
 * one transaction, so nobody ever finds half of it.
 */
import type { BatchOperation, Stored } from '../azure/cosmos.ts'
import type { WorkspaceId } from '../ids.ts'
import { newConsent } from './consent.ts'
import { withEras } from './eras.ts'
import { formerIds, merged } from './merge.ts'
import type { PhoneNumber } from './phone.ts'
import { contactId, isOptedOut, newContact, phoneFields, type Alias, type Consent, type Contact } from './schema.ts'
import type { ContactStore } from './store.ts'

/** A number without a contact: nobody had it, or whoever had it changed to another, as an alias tells. */
export interface Vacancy {
  phone: PhoneNumber
  alias: Stored<Alias> | undefined
}

export interface Settling {
  /** Where the person is to be found from now on: a contact there is, or a number. */
  home: Stored<Contact> | Vacancy
  /** Contacts that are this person too. */
  others: readonly Stored<Contact>[]
  /** Other ids of the person, with what is stored there. */
  links: readonly { id: string; stored: Stored<Contact | Alias> | undefined }[]
  /** Since when, by Meta's clock. */
  since: string
  /** What else is known, on top of the merged contact. */
  told: (contact: Contact) => Contact
}

export interface SettleIn {
  store: ContactStore
  workspaceId: WorkspaceId
  now: Date
}

/** Throws `conflict` where somebody else wrote meanwhile. */
export async function settlePerson(
  { store, workspaceId, now }: SettleIn,
  { home, others, links, since, told }: Settling,
): Promise<Contact> {
  const known = 'value' in home ? home.value : undefined
  const [first, ...rest] = others.map(({ value }) => value)
  const base = 'value' in home ? home.value : movedIn(workspaceId, home, first, { since, now })
  const all = known && first ? [first, ...rest] : rest
  const whole = all.reduce((into, from) => merged(into, from, now), base)
  const contact = told(withEras(whole, others, since))
  const aliases = new Map(links.map(({ id, stored }) => [id, stored]))
  for (const other of others) aliases.set(other.value.id, other)
  aliases.delete(contact.id)
  await store.writeAllWithConsent(workspaceId, [
    put(contact, 'value' in home ? home : home.alias),
    ...[...aliases].map(([id, stored]) => put(aliasOf(id, contact, since), stored)),
    ...changeOfConsent([known, ...others.map(({ value }) => value)], contact, now),
  ])
  return contact
}

/** Whoever comes to a vacant number: somebody new, or a contact. What could not be delivered before says nothing now. */
function movedIn(
  workspaceId: WorkspaceId,
  { phone, alias }: Vacancy,
  from: Contact | undefined,
  { since, now }: { since: string; now: Date },
): Contact {
  if (!from) {
    const blank = newContact(workspaceId, { phone, name: null, tags: [], optedIn: false, source: 'wrote' }, now)
    return alias ? { ...blank, numbered_at: since, ...holderBefore(alias.value) } : blank
  }
  const {
    unreachable: _unreachable,
    doubted_at: _doubted,
    former_ids: _formerIds,
    holder_before: _ofTheOther,
    ...rest
  } = from
  const id = contactId(workspaceId, phone.waId)
  const moved = { ...rest, id, ...phoneFields(phone), former_ids: formerIds({ id }, from) }
  return { ...moved, numbered_at: since, ...(alias && holderBefore(alias.value)), updated_at: now.toISOString() }
}

function holderBefore({ contact_id, at }: Alias): Required<Pick<Contact, 'holder_before'>> {
  return { holder_before: { contact_id, until: at } }
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
