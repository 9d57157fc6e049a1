/**
 * Stores rows as contacts, up to 100 with one request. Most files bring new contacts, so rows are created without looking
 * first; where some exist already, one query tells which, and what is new or changed is written. Contacts that would stay
 * as they are are not written, so the same file again costs reads only.
 */
import type { BatchOperation, Stored } from '../../azure/cosmos.ts'
import { retryingConflicts } from '../../conflicts.ts'
import { isConflict } from '../../errors.ts'
import type { WorkspaceId } from '../../ids.ts'
import { storedAttributeBytes } from '../attributes.ts'
import type { PhoneNumber } from '../phone.ts'
import {
  contactId,
  newContact,
  profileFields,
  restored,
  tidyTags,
  withFirstConsent,
  type Alias,
  type Contact,
  type ContactProfile,
} from '../schema.ts'
import type { ContactStore } from '../store.ts'
import { sameProfile } from '../update.ts'
import { profileProblem } from './row.ts'

/** Rows whose contacts are looked up by one query. */
export const ROWS_PER_LOOKUP = 200
const ROWS_PER_BATCH = 100
/** What names and tags of 100 contacts leave of a batch's 2 MB. */
const MOST_ATTRIBUTE_BYTES = 300_000

export interface ReadyRow {
  phone: PhoneNumber
  profile: ContactProfile
}

/** An unchanged contact counts as `updated`: it is as the file says, which is what the caller asked for. */
export interface WrittenRow {
  status: 'imported' | 'updated' | 'skipped' | 'failed'
  reason: string | null
}

export interface Importing {
  store: ContactStore
  workspaceId: WorkspaceId
  optedIn: boolean
  now: () => Date
}

/** Stores at most ROWS_PER_LOOKUP rows with different numbers. What came of each, in their order. */
export type WriteRows = (rows: ReadyRow[]) => Promise<WrittenRow[]>

/** A writer for one file: where contacts existed, it expects the next rows' to exist too. */
export function rowWriter(importing: Importing): WriteRows {
  let expectsNew = true
  return async (rows) => {
    const existing = expectsNew ? new Map() : await lookUp(importing, rows)
    const batches = []
    for (let from = 0; from < rows.length; from += ROWS_PER_BATCH) {
      batches.push(rows.slice(from, from + ROWS_PER_BATCH))
    }
    const written = await Promise.all(batches.map((batch) => writeBatch(importing, batch, existing)))
    expectsNew = written.every(({ areNew }) => areNew)
    return written.flatMap((batch) => batch.rows)
  }
}

type Existing = ReadonlyMap<string, Stored<Contact | Alias>>

async function lookUp({ store, workspaceId }: Importing, rows: ReadyRow[]): Promise<Existing> {
  const ids = rows.map(({ phone }) => contactId(workspaceId, phone.waId))
  const found = await store.lookMany(workspaceId, ids)
  return new Map(found.map((stored) => [stored.value.id, stored]))
}

interface WrittenBatch {
  rows: WrittenRow[]
  areNew: boolean
}

/** Where contacts exist or change that should not, the batch is judged again on what is there now. */
async function writeBatch(importing: Importing, rows: ReadyRow[], existing: Existing): Promise<WrittenBatch> {
  const attempt = async (known: Existing): Promise<WrittenBatch> => {
    const planned = rows.map((row) => plan(importing, row, known))
    const operations = planned.flatMap(({ operation }) => operation ?? [])
    if (attributeBytes(operations) > MOST_ATTRIBUTE_BYTES && rows.length > 1) return inHalves(importing, rows, known)
    if (operations.length > 0) await importing.store.writeAll(importing.workspaceId, operations)
    return {
      rows: planned.map(({ status, reason }) => ({ status, reason })),
      areNew: planned.every(({ operation }) => operation?.kind === 'create'),
    }
  }
  try {
    return await attempt(existing)
  } catch (error) {
    if (!isConflict(error)) throw error
    return retryingConflicts(async () => attempt(await lookUp(importing, rows)))
  }
}

async function inHalves(importing: Importing, rows: ReadyRow[], known: Existing): Promise<WrittenBatch> {
  const middle = Math.ceil(rows.length / 2)
  const first = await writeBatch(importing, rows.slice(0, middle), known)
  const second = await writeBatch(importing, rows.slice(middle), known)
  return { rows: [...first.rows, ...second.rows], areNew: first.areNew && second.areNew }
}

function attributeBytes(operations: BatchOperation<Contact>[]): number {
  let bytes = 0
  for (const { document } of operations) bytes += storedAttributeBytes(document)
  return bytes
}

interface PlannedRow extends WrittenRow {
  operation?: BatchOperation<Contact>
}

function plan(importing: Importing, { phone, profile }: ReadyRow, existing: Existing): PlannedRow {
  const { workspaceId, optedIn } = importing
  const now = importing.now()
  const stored = existing.size === 0 ? undefined : existing.get(contactId(workspaceId, phone.waId))
  if (!stored) {
    const document = newContact(workspaceId, { phone, ...profile, optedIn, source: 'import' }, now)
    return { status: 'imported', reason: null, operation: { kind: 'create', document } }
  }
  const { value: contact, etag } = stored
  // The list is older than the person's number: neither they nor whoever has it now is meant to get anything by it.
  if (contact.type === 'alias') return { status: 'skipped', reason: 'The person has changed to another number' }
  const merged = mergedProfile(contact, profile)
  const problem = profileProblem(merged)
  if (problem !== undefined) return { status: 'failed', reason: `${problem} together with those the contact has` }
  if (contact.deleted) {
    const document = withFirstConsent(restored(contact, merged, now), optedIn, 'import')
    const operation = { kind: 'replace', document, etag } as const
    return { status: 'imported', reason: 'The contact had been deleted and is back', operation }
  }
  const known = withFirstConsent(contact, optedIn, 'import')
  if (known === contact && sameProfile(contact, merged)) return { status: 'updated', reason: 'Nothing to change' }
  const document = { ...known, ...profileFields(merged), updated_at: now.toISOString() }
  return { status: 'updated', reason: null, operation: { kind: 'replace', document, etag } }
}

/** A file adds and corrects; it never takes a name or a tag away. */
function mergedProfile(contact: ContactProfile, given: ContactProfile): ContactProfile {
  return { name: given.name ?? contact.name, tags: tidyTags([...contact.tags, ...given.tags]) }
}
