/** Whom of a page the portfolio may still write to in these 24 hours. */
import { holdBySystem } from '../campaigns/hold.ts'
import type { Deps } from '../deps.ts'
import { usersPerDay, type PhoneNumber } from '../phone-numbers/schema.ts'
import type { QueueMessage } from '../queue/messages.ts'
import { positionsIn, type Page } from './page.ts'
import type { Turn } from './turn.ts'

export interface PageRoom {
  allows: (position: number) => boolean
  /** When to ask again for the others. */
  untilMs: number
}

const ALL: PageRoom = { allows: () => true, untilMs: 0 }

/**
 * One table request for everybody of the page who is left, and none for an unlimited portfolio. Whose number is of the
 * same WhatsApp Business Account counts together; Meta's own word for the rest of a portfolio is heard when it comes.
 */
export async function takeRoom(
  { pacer }: Pick<Deps, 'pacer'>,
  { sender: { phoneNumber } }: Turn,
  page: Page,
): Promise<PageRoom> {
  const limit = usersPerDay(phoneNumber)
  if (limit === undefined) return ALL
  const positions = positionsIn(page, 'p')
  const users = positions.map((position) => page.addresses[position] ?? '')
  const { allowed, untilMs } = await pacer.roomFor(portfolioOf(phoneNumber), { limit, users })
  const fits = new Set(positions.filter((_, index) => allowed.has(index)))
  return { allows: (position) => fits.has(position), untilMs }
}

/** Whose sends count together. */
export function portfolioOf({ waba_id, meta_id }: Pick<PhoneNumber, 'waba_id' | 'meta_id'>): string {
  return waba_id ?? meta_id
}

/** The campaign goes on by itself. */
export function holdForRoom(
  deps: Pick<Deps, 'containers' | 'now' | 'log' | 'gates'>,
  message: QueueMessage<'outbound-sends'>,
  { untilMs }: PageRoom,
): Promise<void> {
  const reason = 'The number of people that Meta lets the account write to in 24 hours is reached'
  return holdBySystem(deps, message, { untilMs, reason })
}
