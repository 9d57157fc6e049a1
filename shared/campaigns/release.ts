/** Which pages of a running campaign are queued next, and when: those of the next half minute of sending. */
import { atOnce } from '../at-once.ts'
import type { Deps } from '../deps.ts'
import type { QueueMessage } from '../queue/messages.ts'
import { PAGE_SIZE } from '../recipients/page.ts'
import type { Conductor } from '../recipients/page-store.ts'
import type { Ledger } from './counters.ts'

/** So much sending is in the queue at most: pause and cancel stay quick, and no instance hoards work. */
const HORIZON_SECONDS = 30
const FEWEST_PAGES = 12
/**
 * Pages are there a little before their time, because a queue that runs empty is looked at less often (host.json). Not
 * much: a page that waits for its slot keeps a worker from the pages of other numbers.
 */
export const LEAD_SECONDS = 3
/** Without progress for so long, every released page is queued again: a message must have got lost. */
const STALLED_AFTER_MS = 60_000
/** A page that waits longer than this is not missed meanwhile. */
const LONG_WAIT_MS = 60_000
const MESSAGES_AT_ONCE = 8
/** What one message names is sent in so long (four pages at 1,000 a second), so that instances share a campaign however short it is. */
const RUN_SECONDS = 0.6

type ReleaseDeps = Pick<Deps, 'queues' | 'now' | 'log'>
type Message = QueueMessage<'campaign-release'>

export interface Situation {
  place: Conductor
  /** Planned so far. */
  pages: number
  ledger: Ledger
  /** Messages a second that campaigns may send through the number. */
  rate: number
}

/** Queues pages, each about when its turn to be sent comes; a page queued twice is sent once. */
export async function release(deps: ReleaseDeps, message: Message, situation: Situation): Promise<Conductor> {
  const { place, ledger, rate } = situation
  const now = deps.now()
  const grew = ledger.settled.size > place.settled
  const stalled = !grew && now.getTime() - Date.parse(place.progress_at) > STALLED_AFTER_MS
  if (stalled) deps.log.warn('campaign.stalled', { campaign_id: message.campaign_id, settled: place.settled })
  const { chosen, released } = choosePages(situation, stalled, now)
  const { settled, waiting } = ledger
  // Not through with everybody who can be sent to now.
  const ahead = stalled ? 0 : howMany(place, (page) => !settled.has(page) && !waiting.has(page))
  const { turn: _turn, ...step } = message
  await atOnce(MESSAGES_AT_ONCE, runsOf(chosen, rate), ({ index, page, pages }) =>
    deps.queues.send(
      'outbound-sends',
      { ...step, page, ...(pages > 1 ? { pages } : {}), release: now.getTime() },
      { delaySeconds: Math.max(0, ((ahead + index) * PAGE_SIZE) / rate - LEAD_SECONDS) },
    ),
  )
  return {
    ...place,
    turn: place.turn + 1,
    released,
    settled: settled.size,
    asleep_until: undefined,
    progress_at: grew || chosen.length > 0 ? now.toISOString() : place.progress_at,
    updated_at: now.toISOString(),
  }
}

/** The next pages without all their outcomes, as many as the horizon has room for; after a stall, from the first. */
function choosePages({ place, pages, ledger, rate }: Situation, stalled: boolean, now: Date) {
  const horizon = Math.max(FEWEST_PAGES, Math.ceil((HORIZON_SECONDS * rate) / PAGE_SIZE))
  const room = horizon - (stalled ? 0 : howMany(place, (page) => !isAtRest(ledger, page, now)))
  const chosen: number[] = []
  let released = stalled ? 0 : place.released
  while (released < pages && chosen.length < room) {
    if (!isAtRest(ledger, released, now)) chosen.push(released)
    released++
  }
  return { chosen, released }
}

interface Run {
  /** Of its first page among those chosen. */
  index: number
  page: number
  pages: number
}

/** Pages that follow each other, together in one message where they are over in a moment. */
function runsOf(chosen: readonly number[], rate: number): Run[] {
  const most = Math.max(1, Math.floor((RUN_SECONDS * rate) / PAGE_SIZE))
  const runs: Run[] = []
  for (const [index, page] of chosen.entries()) {
    const last = runs.at(-1)
    if (last && last.pages < most && last.page + last.pages === page) last.pages++
    else runs.push({ index, page, pages: 1 })
  }
  return runs
}

/** Of the pages that were released earlier. */
function howMany({ released }: Conductor, isMeant: (page: number) => boolean): number {
  let count = 0
  for (let page = 0; page < released; page++) if (isMeant(page)) count++
  return count
}

/** Nothing is to be done for this page now: all have their outcome, or wait for long. */
function isAtRest({ settled, waiting }: Ledger, page: number, now: Date): boolean {
  if (settled.has(page)) return true
  const nextTry = waiting.get(page)
  return nextTry !== undefined && Date.parse(nextTry) > now.getTime() + LONG_WAIT_MS
}

/** When the first of those who are left may be sent to, if every page is at rest and somebody is left. */
export function restsUntilMs(ledger: Ledger, pages: number, now: Date): number | undefined {
  let firstMs = Infinity
  for (let page = 0; page < pages; page++) {
    if (!isAtRest(ledger, page, now)) return undefined
    if (!ledger.settled.has(page)) firstMs = Math.min(firstMs, Date.parse(ledger.waiting.get(page) ?? ''))
  }
  return Number.isFinite(firstMs) ? firstMs : undefined
}
