/** Notes what Meta said about people when messages to them failed: they stopped marketing, or cannot be reached. */
import { retryingConflicts } from '../conflicts.ts'
import type { BatchOperation, Stored } from '../azure/cosmos.ts'
import type { Deps } from '../deps.ts'
import type { WorkspaceId } from '../ids.ts'
import { newConsent } from './consent.ts'
import { withConsent } from './record-consent.ts'
import { NOT_ON_WHATSAPP } from './profile.ts'
import { isOptedOut, type Consent, type Contact } from './schema.ts'
import { contactStore, type ContactStore } from './store.ts'

/** The person stopped marketing messages of this business. */
const STOPPED_MARKETING = 131050
/** A contact and its consent entry each, within a batch's 100 operations. */
const CONTACTS_PER_BATCH = 50
/** Meta may tell of one failure in its answer and by webhook: what comes so much later is of another message. */
const REPEATED_AFTER_MS = 3_600_000

export interface ContactMark {
  contactId: string
  /** Meta's. */
  code: number
  /** When Meta said it, ISO 8601; absent: just now, in its answer. */
  at?: string | undefined
}

/** One query and one write for up to 50 contacts. Safe to run again. */
export async function markContacts(
  deps: Pick<Deps, 'containers' | 'now'>,
  workspaceId: WorkspaceId,
  marks: readonly ContactMark[],
): Promise<void> {
  const byContact = new Map(marks.map((mark) => [mark.contactId, mark]))
  const all = [...byContact.values()]
  for (let at = 0; at < all.length; at += CONTACTS_PER_BATCH) {
    await markBatch(deps, workspaceId, all.slice(at, at + CONTACTS_PER_BATCH))
  }
}

async function markBatch(
  { containers, now }: Pick<Deps, 'containers' | 'now'>,
  workspaceId: WorkspaceId,
  marks: readonly ContactMark[],
): Promise<void> {
  const store = contactStore(containers)
  await retryingConflicts(async () => {
    const marked = await contactsOf(store, workspaceId, marks)
    const operations = marked.flatMap(({ stored, mark }) => changesFor(stored, mark, now().toISOString()))
    if (operations.length > 0) await store.writeAllWithConsent(workspaceId, operations)
  })
}

interface Marked {
  stored: Stored<Contact>
  mark: ContactMark
}

/** A message may have gone to a person under an id that is an alias by now: rarely enough to be asked for one by one. */
async function contactsOf(
  store: ContactStore,
  workspaceId: WorkspaceId,
  marks: readonly ContactMark[],
): Promise<Marked[]> {
  const byId = new Map(marks.map((mark) => [mark.contactId, mark]))
  const marked = new Map<string, Marked>()
  for (const { value, etag } of await store.lookMany(workspaceId, [...byId.keys()])) {
    const mark = byId.get(value.id)
    const stored = value.type === 'contact' ? { value, etag } : await store.find(workspaceId, value.contact_id)
    if (mark && stored) marked.set(stored.value.id, { stored, mark })
  }
  return [...marked.values()]
}

function changesFor(
  { value: contact, etag }: Stored<Contact>,
  { code, at: told }: ContactMark,
  now: string,
): BatchOperation<Contact | Consent>[] {
  const at = told ?? now
  if (code !== STOPPED_MARKETING) {
    const noted = withFailure(contact, code, at)
    return noted === contact ? [] : [{ kind: 'replace', document: { ...noted, updated_at: now }, etag }]
  }
  if (isOptedOut(contact)) return []
  const out = withConsent(contact, { kind: 'opt_out', at, source: 'meta' }, now)
  if (!out) return []
  return [
    { kind: 'replace', document: out, etag },
    { kind: 'create', document: { ...newConsent(out, now), said_at: at } },
  ]
}

/** The same contact where this says nothing new: told again by every message, the first time is what matters. */
function withFailure(contact: Contact, code: number, at: string): Contact {
  if (contact.unreachable?.code === code || (contact.reached_at ?? '') >= at) return contact
  if (code !== NOT_ON_WHATSAPP) return { ...contact, unreachable: { code, at } }
  const { doubted_at: since, ...rest } = contact
  if (since === undefined) return { ...contact, doubted_at: at }
  if (Date.parse(at) - Date.parse(since) < REPEATED_AFTER_MS) return contact
  return { ...rest, unreachable: { code, at: since } }
}
