/** Notes what Meta said about people when messages to them failed: they stopped marketing, or cannot be reached. */
import { retryingConflicts } from '../conflicts.ts'
import type { BatchOperation, Stored } from '../azure/cosmos.ts'
import type { Deps } from '../deps.ts'
import type { WorkspaceId } from '../ids.ts'
import { newConsent } from './consent.ts'
import { isOptedOut, type Consent, type Contact } from './schema.ts'
import { contactStore } from './store.ts'

/** The person stopped marketing messages of this business. */
const STOPPED_MARKETING = 131050
/** A contact and its consent entry each, within a batch's 100 operations. */
const CONTACTS_PER_BATCH = 50

export interface ContactMark {
  contactId: string
  /** Meta's. */
  code: number
}

/** One query and one write for up to 50 contacts. A failure is told in the log only: Meta says the same next time. */
export async function markContacts(
  deps: Pick<Deps, 'containers' | 'now' | 'log'>,
  workspaceId: WorkspaceId,
  marks: readonly ContactMark[],
): Promise<void> {
  const byContact = new Map(marks.map((mark) => [mark.contactId, mark.code]))
  const ids = [...byContact.keys()]
  for (let at = 0; at < ids.length; at += CONTACTS_PER_BATCH) {
    try {
      await markBatch(deps, workspaceId, ids.slice(at, at + CONTACTS_PER_BATCH), byContact)
    } catch (error) {
      deps.log.error('contacts.not_marked', { workspace_id: workspaceId, error })
    }
  }
}

async function markBatch(
  { containers, now }: Pick<Deps, 'containers' | 'now'>,
  workspaceId: WorkspaceId,
  ids: string[],
  byContact: ReadonlyMap<string, number>,
): Promise<void> {
  const store = contactStore(containers)
  await retryingConflicts(async () => {
    const found = await store.findMany(workspaceId, ids)
    const operations = found.flatMap((stored) => changesFor(stored, byContact.get(stored.value.id) ?? 0, now()))
    if (operations.length > 0) await store.writeAllWithConsent(workspaceId, operations)
  })
}

function changesFor(
  { value: contact, etag }: Stored<Contact>,
  code: number,
  now: Date,
): BatchOperation<Contact | Consent>[] {
  const at = now.toISOString()
  if (code !== STOPPED_MARKETING) {
    // Told again by every message: the first time is what matters.
    if (contact.unreachable?.code === code) return []
    return [{ kind: 'replace', document: { ...contact, unreachable: { code, at }, updated_at: at }, etag }]
  }
  if (isOptedOut(contact)) return []
  const out: Contact = {
    ...contact,
    opted_in: false,
    opted_in_source: 'meta',
    opted_out_at: at,
    updated_at: at,
  }
  return [
    { kind: 'replace', document: out, etag },
    { kind: 'create', document: newConsent(out, at) },
  ]
}
