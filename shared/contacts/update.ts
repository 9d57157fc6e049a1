/** Changes a contact's name, tags, attributes or consent, each only if given. */
import { isDeepStrictEqual } from 'node:util'
import { retryingConflicts } from '../conflicts.ts'
import type { Deps } from '../deps.ts'
import { fieldProblem } from '../errors.ts'
import type { WorkspaceId } from '../ids.ts'
import { attributeFields, withAttributes, type AttributesGiven } from './attributes.ts'
import { keepingFirst, newConsent, type Proof } from './consent.ts'
import { findUndeleted } from './find.ts'
import { isSilent, profileFields, tidyName, tidyTags, type ConsentSource, type Contact } from './schema.ts'
import { contactStore } from './store.ts'

/** null means "not given"; an empty name or list takes away what was there, and so does null for one attribute. */
export interface ContactChange {
  name?: string | null | undefined
  tags?: string[] | null | undefined
  opted_in?: boolean | null | undefined
  attributes?: AttributesGiven | null | undefined
  /** What stands behind `opted_in`. With how it was said or what shows it, it is an entry of the ledger also where nothing changes. */
  proof?: Proof | undefined
}

/** Repeated from a fresh read when somebody else writes in between: both changes stand. */
export async function updateContact(
  { containers, now, backOff }: Pick<Deps, 'containers' | 'now'> & Partial<Pick<Deps, 'backOff'>>,
  workspaceId: WorkspaceId,
  contactId: string,
  change: ContactChange & { source: ConsentSource },
): Promise<Contact> {
  const store = contactStore(containers)
  checkProof(change)
  return retryingConflicts(async () => {
    const stored = await findUndeleted(store, workspaceId, contactId)
    const current = stored.value
    const { next, isSaid } = changed(current, change, now())
    if (isSaid) {
      await store.replaceWithConsent(stored, next, newConsent(next, next.updated_at, change.proof))
    } else if (!sameProfile(next, current) || !isDeepStrictEqual(next.attributes, current.attributes)) {
      await store.replace(stored, next)
    } else {
      return current
    }
    return next
  }, backOff)
}

/** True where name and tags are the same, spelling included. */
export function sameProfile(a: Pick<Contact, 'name' | 'tags'>, b: Pick<Contact, 'name' | 'tags'>): boolean {
  return a.name === b.name && a.tags.length === b.tags.length && a.tags.every((tag, index) => tag === b.tags[index])
}

interface Changed {
  next: Contact
  /** True where somebody said yes or no. */
  isSaid: boolean
}

function changed(contact: Contact, change: ContactChange & { source: ConsentSource }, now: Date): Changed {
  const at = now.toISOString()
  const profile = {
    name: typeof change.name === 'string' ? tidyName(change.name) : contact.name,
    tags: change.tags ? tidyTags(change.tags) : contact.tags,
  }
  const attributes = attributeFields(withAttributes(contact.attributes, change.attributes ?? {}))
  const next = { ...contact, ...profileFields(profile), ...attributes, updated_at: at }
  const optedIn = change.opted_in ?? contact.opted_in
  // Who was only sent to is not opted in, but has not opted out either until somebody says so.
  const isNews = typeof change.opted_in === 'boolean' && (isSilent(contact) || isProven(change.proof))
  if (optedIn === contact.opted_in && !isNews) return { next, isSaid: false }
  const { opted_out_at: _optedOutAt, ...rest } = keepingFirst(next)
  const said = { opted_in: optedIn, opted_in_source: change.source, consent_at: at }
  return { next: { ...rest, ...said, ...(optedIn ? {} : { opted_out_at: at }) }, isSaid: true }
}

function isProven({ how, evidence }: Proof = {}): boolean {
  return how !== undefined || evidence !== undefined
}

function checkProof({ opted_in, proof }: ContactChange): void {
  if (typeof opted_in === 'boolean' || !isProven(proof)) return
  const field = proof?.how === undefined ? 'consent_evidence' : 'consent_how'
  throw fieldProblem(['body', field], 'Give opted_in too: this says how the person said yes or no')
}
