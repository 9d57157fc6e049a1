/** Creates a contact, or brings back the one with this number that was deleted. */
import { retryingConflicts } from '../conflicts.ts'
import type { Deps } from '../deps.ts'
import { AppError, fieldProblem, isConflict } from '../errors.ts'
import { isOwn, madeBy } from '../idempotency/once.ts'
import type { WorkspaceId } from '../ids.ts'
import { workspaceSettings } from '../workspaces/settings.ts'
import { attributeFields, withAttributes, type AttributesGiven } from './attributes.ts'
import { given, withFirstConsent, type Proof } from './consent.ts'
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
  { containers, now, once }: Pick<Deps, 'containers' | 'now' | 'once'>,
  workspaceId: WorkspaceId,
  details: ContactDetails,
): Promise<Contact> {
  const parsed = parsePhone(details.phone_number)
  if (!parsed.ok) throw fieldProblem(['body', 'phone_number'], parsed.problem)
  const { contactsOptedIn } = await workspaceSettings({ containers }, workspaceId)
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
  try {
    return (await store.create(contact)).value
  } catch (error) {
    if (!isConflict(error)) throw error
  }
  return retryingConflicts(async () => {
    const existing = await store.find(workspaceId, contact.id)
    if (existing && isOwn(once, existing.value)) return existing.value
    if (!existing?.value.deleted) {
      throw new AppError('contact_exists', `There is a contact with the number ${contact.phone_number} already`, {
        details: { contact_id: existing?.value.id ?? contact.id },
      })
    }
    const at = now()
    const { name, tags } = existing.value
    const profile = { name: contact.name ?? name, tags: details.tags ? contact.tags : tags }
    const attributes = attributeFields(withAttributes(existing.value.attributes, details.attributes ?? {}))
    const back = withFirstConsent(restored(existing.value, profile, at), contactsOptedIn, {
      source: 'api',
      at: at.toISOString(),
      ...proof,
    })
    return (await store.replace(existing, { ...back, ...attributes, ...madeBy(once) })).value
  })
}

/** Without one, what the contact says of its first consent is enough. */
function withProof(contact: Contact, proof: Proof): Contact {
  if (Object.keys(proof).length === 0) return contact
  const { opted_in, opted_in_source: source, created_at: at } = contact
  return { ...contact, first_consent: { ...proof, kind: opted_in ? 'opt_in' : 'opt_out', at, source } }
}
