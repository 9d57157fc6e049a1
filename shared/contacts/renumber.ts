/** A person changed their number, or Meta gave them another user id: their contact goes with them. */
import type { Stored } from '../azure/cosmos.ts'
import { retryingConflicts } from '../conflicts.ts'
import type { Deps } from '../deps.ts'
import type { WorkspaceId } from '../ids.ts'
import { contactBehind, linkOf, phoneOf } from './for-inbound.ts'
import { asTold } from './profile.ts'
import { contactId, type Alias, type Contact } from './schema.ts'
import { settlePerson, type SettleIn } from './settle-person.ts'
import { aliasIn, contactStore, isContact } from './store.ts'

type ContactDeps = Pick<Deps, 'containers' | 'now'> & Partial<Pick<Deps, 'backOff'>>

export interface NumberChange {
  /** Digits; who hides their number is named by user id. */
  waId?: string | undefined
  userId?: string | undefined
  toWaId: string
  /** Meta's time, ISO 8601. */
  at: string
}

/**
 * The contact goes to the new number, with consent and all, and becomes one with a contact that is there. Whoever writes from
 * the old number later is somebody else. Nothing happens for a person who is no contact, or by a note older than the last.
 */
export function changeNumber(deps: ContactDeps, workspaceId: WorkspaceId, change: NumberChange): Promise<void> {
  const { waId, userId, at } = change
  const phone = phoneOf(change.toWaId)
  return working(deps, workspaceId, async (asked) => {
    const from = await contactAt(asked, { waId, userId })
    const there = await asked.store.look(workspaceId, contactId(workspaceId, phone.waId))
    if (!from || from.value.id === there?.value.id || sinceWhen(there) >= at) return
    const link = await linkOf(asked, from.value.user_id)
    await settlePerson(asked, {
      home: there && isContact(there) ? there : { phone, alias: there && aliasIn(there) },
      others: [from],
      links: link ? [link] : [],
      since: at,
      told: (contact) => ({ ...contact, numbered_at: at }),
    })
  })
}

/** When a number last changed hands, as far as WhatsApp told. */
function sinceWhen(there: Stored<Contact | Alias> | undefined): string {
  if (!there) return ''
  return (isContact(there) ? there.value.numbered_at : aliasIn(there)?.value.at) ?? ''
}

export interface UserIdChange {
  waId?: string | undefined
  previous?: string | undefined
  current: string
  /** Meta's time, ISO 8601. */
  at: string
}

/** Both user ids lead to the contact from now on; messages may have come under the new one already. */
export function changeUserId(deps: ContactDeps, workspaceId: WorkspaceId, change: UserIdChange): Promise<void> {
  const { waId, previous, current, at } = change
  return working(deps, workspaceId, async (asked) => {
    const home = await contactAt(asked, { waId, userId: previous })
    if (!home) return
    const links = [await linkOf(asked, current), await linkOf(asked, previous)].filter((link) => link !== undefined)
    const [link] = links
    const other = link?.stored && (await contactBehind(asked, link.stored))
    const told = asTold(home.value, { userId: current, at }, asked.now)
    if (other?.value.id === home.value.id) {
      if (told !== home.value) await asked.store.replace(home, told)
      return
    }
    await settlePerson(asked, {
      home,
      others: other ? [other] : [],
      links,
      since: at,
      told: (contact) => asTold(contact, { userId: current, at }, asked.now),
    })
  })
}

/** The contact under the number itself: who once had it is another person by now. */
async function contactAt(
  asked: SettleIn,
  { waId, userId }: { waId?: string | undefined; userId?: string | undefined },
) {
  const { store, workspaceId } = asked
  const there = waId === undefined ? undefined : await store.look(workspaceId, contactId(workspaceId, waId))
  if (there && isContact(there)) return there
  const link = await linkOf(asked, userId)
  return link?.stored && contactBehind(asked, link.stored)
}

function working(
  { containers, now, backOff }: ContactDeps,
  workspaceId: WorkspaceId,
  work: (asked: SettleIn) => Promise<void>,
): Promise<void> {
  return retryingConflicts(() => work({ store: contactStore(containers), workspaceId, now: now() }), backOff)
}
