/**
 * The contact behind a message that a person sent us: found, or made without consent to marketing. WhatsApp names people by
 * number, by a user id for this business (BSUID), or by both. Whoever shows their number is kept under it, and their user id
 * is an alias then; who shows none is kept under the user id until a message has both. So both lead to one contact by one
 * point read, or two through an alias.
 */
import type { Stored } from '../azure/cosmos.ts'
import { retryingConflicts } from '../conflicts.ts'
import type { Deps } from '../deps.ts'
import type { WorkspaceId } from '../ids.ts'
import { parsePhone, type PhoneNumber } from './phone.ts'
import { asTold, revived, type Told } from './profile.ts'
import { contactId, newContact, userContactId, type Alias, type Contact } from './schema.ts'
import { settlePerson, type Settling } from './settle-person.ts'
import { contactStore, isContact, type ContactStore } from './store.ts'

export interface InboundPerson extends Told {
  /** Digits. At least one of this and `userId` is there. */
  waId?: string | undefined
}

type ContactDeps = Pick<Deps, 'containers' | 'now'> & Partial<Pick<Deps, 'backOff'>>

/** Deleted ones too: an opt-out outlives the contact. */
export async function contactByUserId(
  { containers }: Pick<Deps, 'containers'>,
  workspaceId: WorkspaceId,
  userId: string,
): Promise<Contact | undefined> {
  return (await contactStore(containers).find(workspaceId, userContactId(workspaceId, userId)))?.value
}

/**
 * Who writes has not opted in by that. A deleted contact comes back by a later message, without its opt-in. One read and no
 * write where nothing is new; safe to run again.
 */
export async function contactForInbound(
  { containers, now, backOff }: ContactDeps,
  workspaceId: WorkspaceId,
  person: InboundPerson,
): Promise<Contact> {
  const store = contactStore(containers)
  const at = now()
  const { waId, userId } = person
  return retryingConflicts(() => {
    if (waId !== undefined) return byNumber({ store, workspaceId, now: at }, phoneOf(waId), person)
    if (userId !== undefined) return byUserId({ store, workspaceId, now: at }, userId, person)
    throw new RangeError('A person has a number or a user id')
  }, backOff)
}

/** As Meta writes it. What our rules of numbers refuse is a number all the same: somebody wrote from it. */
export function phoneOf(waId: string): PhoneNumber {
  const parsed = parsePhone(`+${waId}`)
  return parsed.ok ? parsed.phone : { waId, e164: `+${waId}` }
}

interface Asked {
  store: ContactStore
  workspaceId: WorkspaceId
  now: Date
}

async function byUserId({ store, workspaceId, now }: Asked, userId: string, person: Told): Promise<Contact> {
  const stored = await store.find(workspaceId, userContactId(workspaceId, userId))
  if (stored) return kept(store, stored, person, now)
  const fresh = newContact(workspaceId, { userId, name: null, tags: [], optedIn: false, source: 'wrote' }, now)
  return (await store.create(asTold(fresh, person, now))).value
}

async function byNumber(asked: Asked, phone: PhoneNumber, person: Told): Promise<Contact> {
  const { store, workspaceId, now } = asked
  const here = await store.look(workspaceId, contactId(workspaceId, phone.waId))
  const { userId } = person
  if (here && isContact(here) && (userId === undefined || here.value.user_id === userId)) {
    return kept(store, here, person, now)
  }
  if (here?.value.type === 'alias' && here.value.at >= person.at) {
    // Sent before the person changed to the number they have now.
    const moved = await contactBehind(asked, here)
    if (moved) return moved.value
  }
  return joined(asked, { phone, here }, person)
}

/** What number and user id lead to is one person. */
async function joined(asked: Asked, { phone, here }: Pick<Settling, 'phone' | 'here'>, person: Told): Promise<Contact> {
  const { store, workspaceId, now } = asked
  const linkId = person.userId === undefined ? undefined : userContactId(workspaceId, person.userId)
  const link = linkId === undefined ? undefined : await store.look(workspaceId, linkId)
  const known = link && (await contactBehind(asked, link))
  if (known && known.value.id === here?.value.id) return kept(store, known, person, now)
  return settlePerson(asked, {
    phone,
    here,
    others: known ? [known] : [],
    links: linkId === undefined ? [] : [{ id: linkId, stored: link }],
    since: person.at,
    told: (contact) => asTold(revived(contact, person.at, now), person, now),
  })
}

async function contactBehind({ store, workspaceId }: Asked, { value, etag }: Stored<Contact | Alias>) {
  return value.type === 'contact' ? { value, etag } : store.find(workspaceId, value.contact_id)
}

/** Written only if something is new. */
async function kept(store: ContactStore, stored: Stored<Contact>, person: Told, now: Date): Promise<Contact> {
  const next = asTold(revived(stored.value, person.at, now), person, now)
  return next === stored.value ? next : (await store.replace(stored, next)).value
}
