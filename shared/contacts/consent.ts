/** The consent ledger: one entry for each change of mind, written together with the contact it changes. */
import { newId } from '../ids.ts'
import { isOptedOut, isSilent, type Consent, type ConsentSource, type Contact, type FirstConsent } from './schema.ts'

/** What stands behind a yes or no: who entered it, where and how it was said, and what shows it. */
export type Proof = Pick<Consent, 'by' | 'how' | 'evidence'>

/** The entry of the consent that `contact` has now. `at`: when it is stored. */
export function newConsent(contact: Contact, at: string, proof: Proof = {}): Consent {
  const { former_ids, workspace_id } = contact
  return {
    id: newId('other', workspace_id),
    type: 'consent',
    v: 1,
    workspace_id,
    contact_id: contact.id,
    kind: contact.opted_in ? 'opt_in' : 'opt_out',
    ...given(proof),
    at,
    source: contact.opted_in_source,
    ...(former_ids === undefined ? {} : { former_ids }),
  }
}

/** Those that were told: an absent field is not stored as undefined. */
export function given({ by, how, evidence }: Proof): Proof {
  return {
    ...(by === undefined ? {} : { by }),
    ...(how === undefined ? {} : { how }),
    ...(evidence === undefined ? {} : { evidence }),
  }
}

/** When a contact's consent was last said, by whoever: what is older changes nothing. */
export function lastWord({
  consent_at,
  opted_out_at,
}: Pick<Contact, 'consent_at' | 'opted_out_at'>): string | undefined {
  return consent_at ?? opted_out_at
}

/**
 * The first yes or no. Most contacts come from files and never say another word, so it has no entry of its own: until there is
 * another, source and time are the contact's. Undefined where nobody has said anything.
 */
export function firstConsent(contact: Contact): FirstConsent | undefined {
  if (contact.first_consent) return contact.first_consent
  if (lastWord(contact) !== undefined || isSilent(contact)) return undefined
  return { kind: contact.opted_in ? 'opt_in' : 'opt_out', at: contact.created_at, source: contact.opted_in_source }
}

/** To be called before `opted_in_source` changes: what it said about the first consent is kept. */
export function keepingFirst(contact: Contact): Contact {
  const first_consent = firstConsent(contact)
  return first_consent === undefined ? contact : { ...contact, first_consent }
}

/** With the consent that creating or importing a contact stands for, if there is none yet. A no is never overruled. */
export function withFirstConsent(
  contact: Contact,
  optedIn: boolean,
  { source, at, ...proof }: Proof & { source: ConsentSource; at: string },
): Contact {
  if (!isSilent(contact)) return contact
  const first_consent = { ...given(proof), kind: optedIn ? ('opt_in' as const) : ('opt_out' as const), at, source }
  return { ...contact, opted_in: optedIn, opted_in_source: source, first_consent }
}

/** A contact that was deleted, and is back by something that says no yes: the one it had went with it. */
export function withoutYes(contact: Contact, source: 'send' | 'wrote'): Contact {
  return contact.opted_in ? { ...keepingFirst(contact), opted_in: false, opted_in_source: source } : contact
}

/** A deleted contact that is created or imported anew. `optedIn`: whether that counts as a yes. */
export function withConsentAnew(
  contact: Contact,
  optedIn: boolean,
  said: Proof & { source: ConsentSource; at: string },
): Contact {
  const back = withFirstConsent(contact, optedIn, said)
  return optedIn ? back : withoutYes(back, 'send')
}

export type ConsentState = 'opted_in' | 'opted_out' | 'none'

/** What a contact has said so far, where that came from and when; null where nobody has said anything. */
export function consentOf(contact: Contact): { state: ConsentState; source: ConsentSource | null; at: string | null } {
  if (isSilent(contact)) return { state: 'none', source: null, at: null }
  const at = lastWord(contact) ?? firstConsent(contact)?.at ?? contact.created_at
  return { state: isOptedOut(contact) ? 'opted_out' : 'opted_in', source: contact.opted_in_source, at }
}
