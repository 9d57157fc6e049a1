/** What a row makes of a contact: a new one, one that is corrected, or one that stays as it is. A pure rule. */
import { isDeepStrictEqual } from 'node:util'
import type { BatchOperation, Stored } from '../../azure/cosmos.ts'
import type { WorkspaceId } from '../../ids.ts'
import { attributeFields, withAttributes, type Attributes } from '../attributes.ts'
import { withConsentAnew, withFirstConsent } from '../consent.ts'
import {
  contactId,
  newContact,
  profileFields,
  restored,
  tidyTags,
  type Alias,
  type Contact,
  type ContactProfile,
} from '../schema.ts'
import { sameProfile } from '../update.ts'
import type { Columns } from './columns.ts'
import { joinedOrProblem, profileProblem, type ReadyRow } from './row.ts'

/** merge: a file adds and corrects, and takes nothing away. replace: contacts get what the file's columns say, empty or not. */
export type ImportMode = 'merge' | 'replace'

export interface PlanRules {
  workspaceId: WorkspaceId
  /** Of contacts that nobody said yes or no for. */
  optedIn: boolean
  mode: ImportMode
  columns: Pick<Columns, 'names' | 'tags'>
  now: () => Date
  /** The import that a step may repeat: what it has written already, it leaves alone and counts as it did. */
  importId?: string
}

/** An unchanged contact counts as `updated`: it is as the file says, which is what the caller asked for. */
export interface WrittenRow {
  status: 'imported' | 'updated' | 'skipped' | 'failed'
  reason: string | null
}

export interface PlannedRow extends WrittenRow {
  operation?: BatchOperation<Contact>
}

export type Existing = ReadonlyMap<string, Stored<Contact | Alias>>

export function planRow(rules: PlanRules, row: ReadyRow, existing: Existing): PlannedRow {
  const { workspaceId, optedIn } = rules
  const stored = existing.size === 0 ? undefined : existing.get(contactId(workspaceId, row.phone.waId))
  if (!stored) {
    const attributes = withAttributes({}, row.attributes)
    const details = { phone: row.phone, ...row.profile, attributes, optedIn, source: 'import' } as const
    const document = { ...newContact(workspaceId, details, rules.now()), ...mark(rules, 'imported') }
    return { status: 'imported', reason: null, operation: { kind: 'create', document } }
  }
  const { value, etag } = stored
  // The list is older than the person's number: neither they nor whoever has it now is meant to get anything by it.
  if (value.type === 'alias') return { status: 'skipped', reason: 'The person has changed to another number' }
  if (rules.importId !== undefined && value.import?.id === rules.importId) {
    return { status: value.import.as, reason: null }
  }
  return planOver(rules, row, { value, etag })
}

function planOver(rules: PlanRules, row: ReadyRow, { value: contact, etag }: Stored<Contact>): PlannedRow {
  const now = rules.now()
  const said = { source: 'import', at: now.toISOString() } as const
  const profile = nextProfile(rules, contact, row.profile)
  const attributes = joinedOrProblem(contact.attributes, givenAttributes(rules, row.attributes))
  const problem = profileProblem(profile) ?? (typeof attributes === 'string' ? attributes : undefined)
  if (problem !== undefined || typeof attributes === 'string') {
    return { status: 'failed', reason: `${problem ?? ''} together with those the contact has` }
  }
  if (contact.deleted) {
    const back = withConsentAnew(restored(contact, profile, now, row.phone), rules.optedIn, said)
    const document = { ...back, ...attributeFields(attributes), ...mark(rules, 'imported') }
    const operation = { kind: 'replace', document, etag } as const
    return { status: 'imported', reason: 'The contact had been deleted and is back', operation }
  }
  const known = withFirstConsent(contact, rules.optedIn, said)
  const isSame = sameProfile(contact, profile) && isDeepStrictEqual(contact.attributes, attributes)
  if (known === contact && isSame) return { status: 'updated', reason: 'Nothing to change' }
  const fields = { ...profileFields(profile), ...attributeFields(attributes), ...mark(rules, 'updated') }
  const document = { ...known, ...fields, updated_at: now.toISOString() }
  return { status: 'updated', reason: null, operation: { kind: 'replace', document, etag } }
}

function mark({ importId }: PlanRules, as: 'imported' | 'updated'): Pick<Contact, 'import'> {
  return importId === undefined ? {} : { import: { id: importId, as } }
}

/** Only a file that has the column, and was said to replace, takes a name or tags away. */
function nextProfile({ mode, columns }: PlanRules, contact: ContactProfile, given: ContactProfile): ContactProfile {
  const replaces = mode === 'replace'
  return {
    name: given.name ?? (replaces && columns.names.length > 0 ? null : contact.name),
    tags: replaces && columns.tags.length > 0 ? given.tags : tidyTags([...contact.tags, ...given.tags]),
  }
}

/** An empty text takes an attribute away. */
function givenAttributes({ mode }: PlanRules, given: Attributes): Attributes {
  if (mode === 'replace') return given
  return Object.fromEntries(Object.entries(given).filter(([, text]) => text.trim() !== ''))
}
