/** Whom of a page the portfolio may still write to in these 24 hours. */
import { holdBySystem } from '../campaigns/hold.ts'
import type { Deps } from '../deps.ts'
import { portfolioOf, usersPerDay } from '../phone-numbers/schema.ts'
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
 * Whoever wrote to the number within a day is not counted, and always fits.
 */
export async function takeRoom(
  { pacer, gates }: Pick<Deps, 'pacer' | 'gates'>,
  { sender: { phoneNumber } }: Turn,
  page: Page,
): Promise<PageRoom> {
  const limit = usersPerDay(phoneNumber)
  if (limit === undefined) return ALL
  const addressOf = (position: number) => page.addresses[position] ?? ''
  const windows = await gates.openWindows(phoneNumber)
  const isFree = (position: number) => windows.has(page.contacts[position] ?? '', addressOf(position))
  const [free, counted] = partition(positionsIn(page, 'p'), isFree)
  const { allowed, untilMs } = await pacer.roomFor(portfolioOf(phoneNumber), { limit, users: counted.map(addressOf) })
  const fits = new Set([...free, ...counted.filter((_, index) => allowed.has(index))])
  return { allows: (position) => fits.has(position), untilMs }
}

function partition(positions: readonly number[], isFirst: (position: number) => boolean): [number[], number[]] {
  return [positions.filter(isFirst), positions.filter((position) => !isFirst(position))]
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
