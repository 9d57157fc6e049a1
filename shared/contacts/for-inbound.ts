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
import { contactId, newContact, numbered, userContactId, type Alias, type Contact } from './schema.ts'
import { settlePerson, type SettleIn, type Settling } from './settle-person.ts'
import { aliasIn, contactStore, isContact, type ContactStore } from './store.ts'

export interface InboundPerson extends Told {
  /** Digits. At least one of this and `userId` is there. */
  waId?: string | undefined
  /** They did nothing themselves: WhatsApp told something of them, or the business wrote. */
  isPassive?: boolean
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
 * Who writes has not opted in by that. A deleted contact comes back by a later message of theirs, without its opt-in. One read
 * and no write where nothing is new; safe to run again.
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

async function byUserId(
  { store, workspaceId, now }: SettleIn,
  userId: string,
  person: InboundPerson,
): Promise<Contact> {
  const stored = await store.find(workspaceId, userContactId(workspaceId, userId))
  if (stored) return kept(store, stored, person, now)
  const fresh = newContact(workspaceId, { userId, name: null, tags: [], optedIn: false, source: 'wrote' }, now)
  return (await store.create(asTold(fresh, person, now))).value
}

async function byNumber(asked: SettleIn, phone: PhoneNumber, person: InboundPerson): Promise<Contact> {
  const { store, workspaceId, now } = asked
  const here = withNumber(await store.look(workspaceId, contactId(workspaceId, phone.waId)), phone)
  const { userId } = person
  if (here && isContact(here)) {
    const before = await holderBefore(asked, here.value, person.at)
    if (before) return before
    const isTheirs = userId === undefined || here.value.user_id === userId
    return isTheirs ? kept(store, here, person, now) : joined(asked, here, person)
  }
  const alias = here && aliasIn(here)
  // Sent before the person changed to the number they have now.
  const moved = alias && alias.value.at >= person.at ? await contactBehind(asked, alias) : undefined
  return moved ? moved.value : joined(asked, { phone, alias }, person)
}

function withNumber(stored: Stored<Contact | Alias> | undefined, phone: PhoneNumber) {
  return stored && isContact(stored) ? { ...stored, value: numbered(stored.value, phone) } : stored
}

/** Who had the number when this was sent, if that is not whoever has it now. */
async function holderBefore({ store, workspaceId }: SettleIn, { holder_before: before }: Contact, at: string) {
  return before && before.until >= at ? (await store.find(workspaceId, before.contact_id))?.value : undefined
}

/** What number and user id lead to is one person. */
async function joined(asked: SettleIn, home: Settling['home'], person: InboundPerson): Promise<Contact> {
  const { store, now } = asked
  const link = await linkOf(asked, person.userId)
  const known = link?.stored && (await contactBehind(asked, link.stored))
  if (known && 'value' in home && known.value.id === home.value.id) return kept(store, known, person, now)
  const old = known && (await linkOf(asked, known.value.user_id))
  return settlePerson(asked, {
    home,
    others: known ? [known] : [],
    links: [link, old].filter((one) => one !== undefined),
    since: person.at,
    told: (contact) => met(contact, person, now),
  })
}

/** What is stored under a user id. */
export async function linkOf({ store, workspaceId }: SettleIn, userId: string | undefined) {
  if (userId === undefined) return undefined
  const id = userContactId(workspaceId, userId)
  return { id, stored: await store.look(workspaceId, id) }
}

export async function contactBehind({ store, workspaceId }: SettleIn, { value, etag }: Stored<Contact | Alias>) {
  return value.type === 'contact' ? { value, etag } : store.find(workspaceId, value.contact_id)
}

/** Written only if something is new. */
async function kept(store: ContactStore, stored: Stored<Contact>, person: InboundPerson, now: Date): Promise<Contact> {
  const next = met(stored.value, person, now)
  return next === stored.value ? next : (await store.replace(stored, next)).value
}

function met(contact: Contact, person: InboundPerson, now: Date): Contact {
  return asTold(person.isPassive === true ? contact : revived(contact, person.at, now), person, now)
}
