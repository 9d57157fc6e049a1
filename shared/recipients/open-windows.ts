/** Who may be written to without counting for the portfolio: those whose service window with the number is open. */
import type { Deps } from '../deps.ts'
import { personKey } from '../contacts/person.ts'
import { WINDOW_MS } from '../messages/conversation.ts'
import { messageStore } from '../messages/store.ts'
import type { PhoneNumber } from '../phone-numbers/schema.ts'

export interface OpenWindows {
  has(contactId: string, address: string): boolean
}

/** A window that closes sooner may be closed when the message goes out. */
const LEAST_LEFT_MS = 5 * 60_000
/** The others are counted, as if their window were closed. */
const MOST = 10_000

export async function openWindows(
  { containers, now }: Pick<Deps, 'containers' | 'now'>,
  { workspace_id, id }: PhoneNumber,
): Promise<OpenWindows> {
  const wroteAfter = new Date(now().getTime() - WINDOW_MS + LEAST_LEFT_MS).toISOString()
  const writers = await messageStore(containers).openWindowsOf({
    workspaceId: workspace_id,
    phoneNumberId: id,
    wroteAfter,
    most: MOST,
  })
  const contacts = new Set(writers.map(({ contact_id }) => contact_id))
  const people = new Set(writers.map(({ person }) => person))
  return { has: (contactId, address) => contacts.has(contactId) || people.has(personKey(address.replace('+', ''))) }
}
