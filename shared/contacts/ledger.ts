/** What a contact said about messages so far: when, how, by whom entered, and what shows it. The latest first. */
import * as z from 'zod'
import type { Deps } from '../deps.ts'
import { decodeCursor, encodeCursor } from '../http/paging.ts'
import { wellFormedText } from '../http/text.ts'
import { derivedId, type WorkspaceId } from '../ids.ts'
import { firstConsent } from './consent.ts'
import { erasOf } from './eras.ts'
import { findUndeleted } from './find.ts'
import type { Consent, Contact, FirstConsent } from './schema.ts'
import { contactStore, type ContactStore } from './store.ts'

export type LedgerEntry = FirstConsent & Pick<Consent, 'said_at'> & { id: string }

export interface LedgerPage {
  entries: LedgerEntry[]
  next_cursor: string | null
}

/** Entries of the same time are kept apart by those that were shown. */
const Cursor = z.object({ upTo: wellFormedText, seen: z.array(wellFormedText).max(1000) })

/** Two requests. */
export async function consentLedger(
  { containers }: Pick<Deps, 'containers'>,
  workspaceId: WorkspaceId,
  contactId: string,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
): Promise<LedgerPage> {
  const after = cursor === undefined ? undefined : decodeCursor(Cursor, cursor)
  const store = contactStore(containers)
  const { value: contact } = await findUndeleted(store, workspaceId, contactId)
  return ledgerPage(store, contact, { limit, after })
}

/** All of it, some entries at a time. */
export async function* wholeLedger(store: ContactStore, contact: Contact): AsyncGenerator<LedgerEntry[]> {
  let after: z.output<typeof Cursor> | undefined
  do {
    const { entries, next_cursor }: LedgerPage = await ledgerPage(store, contact, { limit: 100, after })
    yield entries
    after = next_cursor === null ? undefined : decodeCursor(Cursor, next_cursor)
  } while (after)
}

async function ledgerPage(
  store: ContactStore,
  contact: Contact,
  { limit, after }: { limit: number; after: z.output<typeof Cursor> | undefined },
): Promise<LedgerPage> {
  const found = await store.ledger(contact.workspace_id, erasOf(contact), { limit: limit + 1, after })
  const first = firstConsent(contact)
  const id = derivedId('other', contact.workspace_id, `first consent\n${contact.id}`)
  const begun = first && !after?.seen.includes(id) ? [{ ...first, id }] : []
  const isLast = found.length <= limit
  const all = isLast ? [...found.map(entryOf), ...begun] : found.map(entryOf)
  const entries = all.slice(0, limit)
  const last = all.length > limit ? entries.at(-1) : undefined
  return { entries, next_cursor: last ? encodeCursor(placeAfter(last, entries, after)) : null }
}

function entryOf({ id, kind, at, said_at, source, by, how, evidence }: Consent): LedgerEntry {
  return { id, kind, at, said_at, source, by, how, evidence }
}

function placeAfter({ at: upTo }: LedgerEntry, entries: LedgerEntry[], after: z.output<typeof Cursor> | undefined) {
  const here = entries.filter(({ at }) => at === upTo).map(({ id }) => id)
  return { upTo, seen: after?.upTo === upTo ? [...after.seen, ...here] : here }
}
