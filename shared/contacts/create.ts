/** Creates a contact, or brings back the one with this number that was deleted. */
import { retryingConflicts } from '../conflicts.ts'
import type { Deps } from '../deps.ts'
import { AppError, fieldProblem, isConflict } from '../errors.ts'
import { isOwn, madeBy } from '../idempotency/once.ts'
import type { WorkspaceId } from '../ids.ts'
import { noRoomForContact, roomForContacts } from '../workspaces/quotas.ts'
import { workspaceSettings } from '../workspaces/settings.ts'
import { attributeFields, withAttributes, type AttributesGiven } from './attributes.ts'
import { given, withConsentAnew, type Proof } from './consent.ts'
import { parsePhone } from './phone.ts'
import { newContact, restored, tidyName, tidyTags, type Contact } from './schema.ts'
import { contactStore } from './store.ts'

export interface ContactDetails {
  phone_number: string
  name?: string | null | undefined
  tags?: string[] | null | undefined
  attributes?: AttributesGiven | null | undefined
  /** What stands behind the consent that creating a contact stands for. */
  proof?: Proof | undefined
}

export async function createContact(
  { containers, contactCounts, now, once }: Pick<Deps, 'containers' | 'contactCounts' | 'now' | 'once'>,
  workspaceId: WorkspaceId,
  details: ContactDetails,
): Promise<Contact> {
  const parsed = parsePhone(details.phone_number)
  if (!parsed.ok) throw fieldProblem(['body', 'phone_number'], parsed.problem)
  const { contactsOptedIn, plan } = await workspaceSettings({ containers }, workspaceId)
  const proof = given(details.proof ?? {})
  const fresh = newContact(
    workspaceId,
    {
      phone: parsed.phone,
      name: tidyName(details.name),
      tags: tidyTags(details.tags ?? []),
      attributes: withAttributes({}, details.attributes ?? {}),
      optedIn: contactsOptedIn,
      source: 'api',
    },
    now(),
  )
  const contact = { ...withProof(fresh, proof), ...madeBy(once) }
  const store = contactStore(containers)
  const hasRoom = (await roomForContacts({ containers, contactCounts }, workspaceId, 1, plan)) === 1
  try {
    if (hasRoom) return (await store.create(contact)).value
  } catch (error) {
    if (!isConflict(error)) throw error
  }
  return retryingConflicts(async () => {
    const existing = await store.find(workspaceId, contact.id)
    if (existing && isOwn(once, existing.value)) return existing.value
    if (existing ? !existing.value.deleted : hasRoom) throw exists(contact, existing?.value.id ?? contact.id)
    if (!existing || !hasRoom) throw noRoomForContact(plan)
    const at = now()
    const consent = { source: 'api' as const, at: at.toISOString(), ...proof }
    const back = withConsentAnew(broughtBack(existing.value, contact, details, at), contactsOptedIn, consent)
    return (await store.replace(existing, { ...back, ...madeBy(once) })).value
  })
}

/** A deleted one, with what is given now. */
function broughtBack(existing: Contact, now: Contact, { tags, attributes }: ContactDetails, at: Date): Contact {
  const profile = { name: now.name ?? existing.name, tags: tags ? now.tags : existing.tags }
  const all = attributeFields(withAttributes(existing.attributes, attributes ?? {}))
  const { wa_id: waId, phone_number: e164 } = now
  const phone = waId === null || e164 === null ? undefined : { waId, e164 }
  return { ...restored(existing, profile, at, phone), ...all }
}

function exists({ phone_number }: Contact, contactId: string): AppError {
  return new AppError('contact_exists', `There is a contact with the number ${String(phone_number)} already`, {
    details: { contact_id: contactId },
  })
}

/** Without one, what the contact says of its first consent is enough. */
function withProof(contact: Contact, proof: Proof): Contact {
  if (Object.keys(proof).length === 0) return contact
  const { opted_in, opted_in_source: source, created_at: at } = contact
  return { ...contact, first_consent: { ...proof, kind: opted_in ? 'opt_in' : 'opt_out', at, source } }
}
