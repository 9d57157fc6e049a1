/**
 * Takes down what a person said about marketing messages, in the order they said it: Meta tells late, twice and out of order,
 * and what was said before the last word changes nothing but the ledger.
 */
import { retryingConflicts } from '../conflicts.ts'
import type { Deps } from '../deps.ts'
import { isConflict } from '../errors.ts'
import { derivedId, type WorkspaceId } from '../ids.ts'
import { keepingFirst, lastWord, newConsent } from './consent.ts'
import { isOptedOut, isSilent, type Consent, type ConsentSource, type Contact } from './schema.ts'
import { contactStore } from './store.ts'

export interface Said {
  kind: Consent['kind']
  /** By Meta's clock, ISO 8601. */
  at: string
  source: ConsentSource
  /** What names this one statement, however often it is told. */
  key: string
}

type ConsentDeps = Pick<Deps, 'containers' | 'now'> & Partial<Pick<Deps, 'backOff'>>

/** The contact if it changed by this: once, however often it is told. */
export function recordConsent(
  { containers, now, backOff }: ConsentDeps,
  workspaceId: WorkspaceId,
  contactId: string,
  said: Said,
): Promise<Contact | undefined> {
  const store = contactStore(containers)
  return retryingConflicts(async () => {
    const stored = await store.find(workspaceId, contactId)
    if (!stored) return undefined
    const at = now().toISOString()
    const contact = withConsent(stored.value, said, at)
    const entry: Consent = {
      ...newConsent(contact ?? stored.value, at),
      id: derivedId('other', workspaceId, `consent\n${stored.value.id}\n${said.key}`),
      kind: said.kind,
      source: said.source,
      said_at: said.at,
    }
    if (contact) {
      await store.replaceWithConsent(stored, contact, entry)
      return isChanged(stored.value, contact) ? contact : undefined
    }
    // An entry of the ledger all the same; it is there already where this was told before.
    if (said.at !== lastWord(stored.value))
      await store.addConsent(workspaceId, { ...entry, is_late: true }).catch(ifThere)
    return undefined
  }, backOff)
}

/** The contact after it was said, or undefined if that is no news. At the same second a no counts more than a yes. */
export function withConsent(
  contact: Contact,
  { kind, at, source }: Omit<Said, 'key'>,
  now: string,
): Contact | undefined {
  const known = lastWord(contact)
  const isLater = known === undefined || at > known || (at === known && kind === 'opt_out' && !isOptedOut(contact))
  if (!isLater) return undefined
  const { opted_out_at: _optedOutAt, ...rest } = keepingFirst(contact)
  const said = { opted_in: kind === 'opt_in', opted_in_source: source, consent_at: at, updated_at: now }
  return { ...rest, ...said, ...(kind === 'opt_out' ? { opted_out_at: now } : {}) }
}

function isChanged(before: Contact, after: Contact): boolean {
  return before.opted_in !== after.opted_in || isSilent(before)
}

function ifThere(error: unknown): void {
  if (!isConflict(error)) throw error
}
