/** Contacts and consent entries: their stored shape, and the rules that need nothing else. */
import * as z from 'zod'
import { derivedId, WorkspaceId } from '../ids.ts'
import { attributeFields, type Attributes } from './attributes.ts'
import { foldName, foldTag, tidy } from './fold.ts'
import { personKey } from './person.ts'
import type { PhoneNumber } from './phone.ts'

// With these a batch of 100 contacts always fits Cosmos DB's 2 MB, whatever script they are written in.
export const MAX_NAME_LENGTH = 200
export const MAX_TAG_LENGTH = 50
export const MAX_TAGS = 50

/**
 * What made a contact opted in or out: our API, a file, the person, by a message (`inbound`) or at Meta, or that they were erased.
 * `send` and `wrote`: nothing did. A message was sent to a number nobody had told about, or the person wrote; they are not opted in, and their first
 * opt-in or opt-out is still to come.
 */
export const ConsentSource = z.enum(['api', 'import', 'inbound', 'meta', 'send', 'wrote', 'erasure'])
export type ConsentSource = z.output<typeof ConsentSource>

/** Those that say nothing. */
export const SILENT_SOURCES: readonly ConsentSource[] = ['send', 'wrote']

/** What stands behind a yes or no, as far as somebody told. */
const proof = {
  /** The user who entered it. */
  by: z.string().optional(),
  /** Where and how it was said, in the workspace's own words. */
  how: z.string().optional(),
  evidence: z.string().optional(),
}
const kind = z.enum(['opt_in', 'opt_out'])

/** The first yes or no, which has no entry of its own in the ledger. */
const FirstConsent = z.object({ ...proof, kind, at: z.string(), source: ConsentSource })
export type FirstConsent = z.output<typeof FirstConsent>

/** A time during which an id was this person's; before and after, it was or is somebody else's. */
const Era = z.object({ contact_id: z.string(), from: z.string().nullable(), until: z.string().nullable() })
export type Era = z.output<typeof Era>

export const Contact = z.object({
  id: z.string(),
  type: z.literal('contact'),
  v: z.literal(1),
  workspace_id: WorkspaceId,
  /** Digits and E.164; null for a person who writes under a username and keeps the number to themselves. */
  wa_id: z.string().nullable(),
  phone_number: z.string().nullable(),
  /** Meta's id of the person for this business (BSUID), its parent's, and the name they chose: see for-inbound.ts. */
  user_id: z.string().optional(),
  parent_user_id: z.string().optional(),
  username: z.string().optional(),
  /** When the person last told who they are, by Meta's clock: what is older says nothing about it. */
  profile_at: z.string().optional(),
  /** Since when the person has this number, where they changed to it, by Meta's clock. */
  numbered_at: z.string().optional(),
  /** Who had the number before, and until when by Meta's clock: what they sent may come late, or once more. */
  holder_before: z.object({ contact_id: z.string(), until: z.string() }).optional(),
  /** The last time WhatsApp told that the person's account is on another device, or somebody else's. */
  identity: z.object({ hash: z.string().nullable(), changed_at: z.string() }).optional(),
  /** Ids under which the person was known before, and which are aliases now. */
  former_ids: z.array(z.string()).optional(),
  /** When those were theirs, and their present one where they had it before. */
  eras: z.array(Era).optional(),
  name: z.string().nullable(),
  /** The next three are for search: see fold.ts, and the digits from the last to the first. */
  name_folded: z.string(),
  username_folded: z.string().optional(),
  digits_reversed: z.string(),
  tags: z.array(z.string()),
  tags_folded: z.array(z.string()),
  /** Fields of the workspace's own, as they were spelled, and by folded name, as they are looked up. */
  attributes: z.record(z.string(), z.string()).default({}),
  attributes_folded: z.record(z.string(), z.string()).default({}),
  /** As they are spelled; absent where there are none. */
  attribute_names: z.array(z.string()).optional(),
  opted_in: z.boolean(),
  /** Where the present `opted_in` comes from. */
  opted_in_source: ConsentSource,
  /** Absent while it is what `opted_in_source` and `created_at` say: see consent.ts. */
  first_consent: FirstConsent.optional(),
  opted_out_at: z.string().optional(),
  /** When the person, or somebody for them, last said yes or no, by Meta's clock or ours: what is older changes nothing. */
  consent_at: z.string().optional(),
  /** Why Meta could not deliver to this person, as its code, and when that was first told. */
  unreachable: z.object({ code: z.int(), at: z.string() }).optional(),
  /** When Meta first said that they may not be on WhatsApp: said again later, they are `unreachable`. */
  doubted_at: z.string().optional(),
  /** When the person showed that they can be reached after all. */
  reached_at: z.string().optional(),
  /** The import in parts that last wrote this, and what it counted that as: a part that runs again writes it no second time. */
  import: z.object({ id: z.string(), as: z.enum(['imported', 'updated']) }).optional(),
  deleted: z.boolean(),
  deleted_at: z.string().optional(),
  /** When the person was erased: what came until then goes. */
  erased_at: z.string().optional(),
  /** The request with an Idempotency-Key that created it. */
  made_by: z.string().optional(),
  created_at: z.string(),
  updated_at: z.string(),
})
export type Contact = z.output<typeof Contact>

/** One change of mind, written in the same batch as the contact it changes. */
export const Consent = z.object({
  id: z.string(),
  type: z.literal('consent'),
  v: z.literal(1),
  workspace_id: WorkspaceId,
  contact_id: z.string(),
  kind,
  ...proof,
  /** When it was stored: what was planned before that must hear of it. */
  at: z.string(),
  /** When it was said, by Meta's clock, if that told it. */
  said_at: z.string().optional(),
  source: ConsentSource,
  /** Something later was known to have been said already: it stands in the ledger, and counts for nothing. */
  is_late: z.literal(true).optional(),
  /** Ids under which the person was known before: what was planned for those is for them too. */
  former_ids: z.array(z.string()).optional(),
})
export type Consent = z.output<typeof Consent>

/** Stands where a contact was, or would be by its user id, and names the contact that the person has now. */
export const Alias = z.object({
  id: z.string(),
  type: z.literal('alias'),
  v: z.literal(1),
  workspace_id: WorkspaceId,
  contact_id: z.string(),
  /** Since when the person is somebody else than whoever has this number, by Meta's clock. */
  at: z.string(),
})
export type Alias = z.output<typeof Alias>

/** The id of the person's contact: one per workspace, so a second one cannot be stored. */
export function contactId(workspaceId: WorkspaceId, waId: string): string {
  return derivedId('contact', workspaceId, personKey(waId))
}

/** The id of a contact, or of the alias to it, by Meta's user id. No user id is digits only, so none is a number's. */
export function userContactId(workspaceId: WorkspaceId, userId: string): string {
  return derivedId('contact', workspaceId, userId)
}

export interface ContactProfile {
  name: string | null
  tags: string[]
}

/** Who a contact is for: by number, or by Meta's user id alone. */
type Person = { phone: PhoneNumber; userId?: undefined } | { phone?: undefined; userId: string }

export type NewContact = Person &
  ContactProfile & {
    attributes?: Attributes
    optedIn: boolean
    source: ConsentSource
  }

export function newContact(
  workspaceId: WorkspaceId,
  { phone, userId, optedIn, source, attributes = {}, ...profile }: NewContact,
  now: Date,
): Contact {
  const at = now.toISOString()
  return {
    id: phone ? contactId(workspaceId, phone.waId) : userContactId(workspaceId, userId),
    type: 'contact',
    v: 1,
    workspace_id: workspaceId,
    ...(userId === undefined ? {} : { user_id: userId }),
    ...phoneFields(phone),
    ...profileFields(profile),
    ...attributeFields(attributes),
    opted_in: optedIn,
    opted_in_source: source,
    deleted: false,
    created_at: at,
    updated_at: at,
  }
}

/** A number with the form it is searched by. */
export function phoneFields(phone: PhoneNumber | undefined) {
  if (!phone) return { wa_id: null, phone_number: null, digits_reversed: '' }
  return { wa_id: phone.waId, phone_number: phone.e164, digits_reversed: reversed(phone.waId) }
}

/** Name and tags with the folded forms that must change with them. */
export function profileFields({ name, tags }: ContactProfile) {
  return { name, name_folded: name === null ? '' : foldName(name), tags, tags_folded: tags.map(foldTag) }
}

/** As it comes back after a deletion. Who had opted out stays out. */
export function restored(contact: Contact, profile: ContactProfile, now: Date, phone?: PhoneNumber): Contact {
  const { deleted_at: _deletedAt, ...rest } = numbered(contact, phone)
  return { ...rest, ...profileFields(profile), deleted: false, updated_at: now.toISOString() }
}

/** Of somebody who was erased, nobody knows the number until it is given again. */
export function numbered(contact: Contact, phone: PhoneNumber | undefined): Contact {
  return contact.erased_at !== undefined && contact.phone_number === null && phone
    ? { ...contact, ...phoneFields(phone) }
    : contact
}

/** True where nobody has said yes or no. */
export function isSilent({ opted_in, opted_in_source }: Pick<Contact, 'opted_in' | 'opted_in_source'>): boolean {
  return !opted_in && SILENT_SOURCES.includes(opted_in_source)
}

/** True where somebody said no; who was only sent to, or wrote, has said nothing yet. */
export function isOptedOut(contact: Pick<Contact, 'opted_in' | 'opted_in_source'>): boolean {
  return !contact.opted_in && !isSilent(contact)
}

/** A name as it is stored; nothing but space is no name. */
export function tidyName(name: string | null | undefined): string | null {
  const tidied = tidy(name ?? '')
  return tidied === '' ? null : tidied
}

/** Tags as they are stored: each once, in the first spelling. */
export function tidyTags(tags: readonly string[]): string[] {
  const byFolded = new Map<string, string>()
  for (const tag of tags) {
    const tidied = tidy(tag)
    const folded = foldTag(tidied)
    if (tidied !== '' && !byFolded.has(folded)) byFolded.set(folded, tidied)
  }
  return [...byFolded.values()]
}

export function reversed(digits: string): string {
  return Array.from(digits).reverse().join('')
}
