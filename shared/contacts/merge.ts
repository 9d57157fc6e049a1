/** Two contacts that turn out to be one person become one. Nothing anybody entered is lost, and the stricter consent wins. */
import { attributeFields, joinedAttributes } from './attributes.ts'
import { firstConsent, withoutYes } from './consent.ts'
import { identityFields } from './profile.ts'
import { isOptedOut, MAX_TAGS, profileFields, tidyTags, type Contact } from './schema.ts'

/** `one`, which keeps its id and number, with what is known of the person as `other`. */
export function merged(one: Contact, other: Contact, now: Date): Contact {
  const isDeleted = one.deleted && other.deleted
  const [into, from] = isDeleted ? [one, other] : [livingConsent(one), livingConsent(other)]
  const { deleted_at, ...rest } = into
  const profile = { name: into.name ?? from.name, tags: tidyTags([...into.tags, ...from.tags]).slice(0, MAX_TAGS) }
  return {
    ...rest,
    ...profileFields(profile),
    ...attributeFields(joinedAttributes(into.attributes, from.attributes)),
    ...mergedConsent(into, from),
    ...identityFields(from),
    ...identityFields(into),
    former_ids: formerIds(into, from),
    deleted: isDeleted,
    ...(isDeleted && deleted_at !== undefined ? { deleted_at } : {}),
    created_at: into.created_at < from.created_at ? into.created_at : from.created_at,
    updated_at: now.toISOString(),
  }
}

/** With a contact that was deleted its yes went, and does not come back with the other one. */
function livingConsent(contact: Contact): Contact {
  return contact.deleted ? withoutYes(contact, 'wrote') : contact
}

/** Every id the person was known by, but the one that is theirs now. */
export function formerIds(into: Pick<Contact, 'id' | 'former_ids'>, from: Contact): string[] {
  const all = new Set([...(into.former_ids ?? []), from.id, ...(from.former_ids ?? [])])
  all.delete(into.id)
  return [...all]
}

function mergedConsent(into: Contact, from: Contact) {
  const { opted_in, opted_in_source, opted_out_at } = strictness(from) > strictness(into) ? from : into
  const [latest] = [into.consent_at, from.consent_at].filter((at) => at !== undefined).sort((a, b) => (a < b ? 1 : -1))
  return {
    opted_in,
    opted_in_source,
    opted_out_at,
    ...(latest === undefined ? {} : { consent_at: latest }),
    ...firstOf(into, from),
  }
}

/** The earlier one: the other is the consent that counts, or has an entry of its own. */
function firstOf(into: Contact, from: Contact): Pick<Contact, 'first_consent'> {
  const [first] = [firstConsent(into), firstConsent(from)]
    .filter((one) => one !== undefined)
    .sort((a, b) => (a.at < b.at ? -1 : 1))
  return first === undefined ? {} : { first_consent: first }
}

/** A no counts more than a yes, and a yes more than nothing said. */
function strictness(contact: Contact): number {
  if (isOptedOut(contact)) return 2
  return contact.opted_in ? 1 : 0
}
