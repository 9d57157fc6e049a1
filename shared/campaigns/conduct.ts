/**
 * The conductor of a running campaign: turn by turn it queues the pages of the next half minute of sending, sees what
 * was settled, queues again what got lost, and completes the campaign when the ledger says that nothing is left.
 */
import type { Stored } from '../azure/cosmos.ts'
import type { Deps } from '../deps.ts'
import { isConflict } from '../errors.ts'
import { phoneNumberStore } from '../phone-numbers/store.ts'
import { ratePerSecond } from '../phone-numbers/schema.ts'
import type { QueueMessage } from '../queue/messages.ts'
import { PAGE_SIZE } from '../recipients/page.ts'
import { pagePartition, pageStore, type Conductor } from '../recipients/page-store.ts'
import { cancelPending } from './cancel-pending.ts'
import { changing } from './changing.ts'
import { readLedger, sumOf, type Ledger } from './counters.ts'
import { refreshCounters, startRefreshing } from './refresh.ts'
import type { Campaign } from './schema.ts'
import { campaignStore } from './store.ts'

/** So much sending is in the queue at most: pause and cancel stay quick, and no instance hoards work. */
const HORIZON_SECONDS = 30
const FEWEST_PAGES = 12
/** Pages are there a little before their time, because a queue that runs empty is looked at ever less often. */
const LEAD_SECONDS = 4
const LONGEST_TURN_SECONDS = 10
/** Without progress for so long, every released page is queued again: a message must have got lost. */
const STALLED_AFTER_MS = 60_000

type ConductDeps = Pick<Deps, 'containers' | 'queues' | 'now' | 'log' | 'facts' | 'factsTable'>
type Message = QueueMessage<'campaign-release'>

export async function conductCampaign(deps: ConductDeps, message: Message): Promise<void> {
  const stored = await campaignStore(deps).find(message.workspace_id, message.campaign_id)
  const campaign = stored?.value
  if (campaign?.execution_id !== message.execution_id) return
  if (message.refresh !== undefined) {
    await refreshCounters(deps, campaign, message)
    return
  }
  if (campaign.status === 'CANCELLED') await cancelPending(deps, campaign, message)
  if (campaign.status === 'SENDING') await takeTurn(deps, campaign, message)
}

async function takeTurn(deps: ConductDeps, campaign: Campaign, message: Message): Promise<void> {
  const pages = pageStore(deps)
  const [before, stored] = await Promise.all([
    pages.conductor(campaign.workspace_id, campaign.id),
    pages.plan(campaign.workspace_id, campaign.id),
  ])
  const place = currentPlace(before, message, deps.now())
  if (!place) return
  const plan = stored?.value ?? { pages: 0, total: 0, done: false }
  const ledger = await readLedger(deps, campaign.workspace_id, campaign.id, plan.pages)
  if (plan.done && ledger.settled.size >= plan.pages) {
    await complete(deps, campaign, plan.total, ledger)
    return
  }
  const rate = await rateOf(deps, campaign)
  const next = await release(deps, message, { place, pages: plan.pages, ledger, rate })
  try {
    await pages.saveConductor(before, next)
  } catch (error) {
    // Another chain of turns is ahead of this one.
    if (isConflict(error)) return
    throw error
  }
  const delaySeconds = plan.done ? untilNextTurn(plan.pages - ledger.settled.size, rate) : 1
  await deps.queues.send('campaign-release', { ...message, turn: next.turn }, { delaySeconds })
}

/** Where this execution has come to, or undefined if the message is of a turn that is over. */
function currentPlace(before: Stored<Conductor> | undefined, message: Message, now: Date): Conductor | undefined {
  if (before?.value.execution_id === message.execution_id) {
    return before.value.turn === message.turn ? before.value : undefined
  }
  const at = now.toISOString()
  return {
    id: 'conductor',
    pk: pagePartition(message.workspace_id, message.campaign_id),
    type: 'conductor',
    v: 1,
    execution_id: message.execution_id,
    turn: 0,
    released: 0,
    settled: 0,
    progress_at: at,
    updated_at: at,
  }
}

interface Situation {
  place: Conductor
  /** Planned so far. */
  pages: number
  ledger: Ledger
  rate: number
}

/** Queues pages, each about when its turn to be sent comes; a page queued twice is sent once. */
async function release(deps: ConductDeps, message: Message, situation: Situation): Promise<Conductor> {
  const { place, ledger, rate } = situation
  const now = deps.now()
  const grew = ledger.settled.size > place.settled
  const stalled = !grew && now.getTime() - Date.parse(place.progress_at) > STALLED_AFTER_MS
  if (stalled) deps.log.warn('campaign.stalled', { campaign_id: message.campaign_id, settled: place.settled })
  const { chosen, released } = choosePages(situation, stalled)
  const { turn: _turn, ...step } = message
  await inParallel(chosen, (page, index) =>
    deps.queues.send(
      'outbound-sends',
      { ...step, page, release: now.getTime() },
      { delaySeconds: Math.max(0, (index * PAGE_SIZE) / rate - LEAD_SECONDS) },
    ),
  )
  return {
    ...place,
    turn: place.turn + 1,
    released,
    settled: ledger.settled.size,
    progress_at: grew || chosen.length > 0 ? now.toISOString() : place.progress_at,
    updated_at: now.toISOString(),
  }
}

/** The next pages without all their outcomes, as many as the horizon has room for; after a stall, from the first. */
function choosePages({ place, pages, ledger, rate }: Situation, stalled: boolean) {
  const horizon = Math.max(FEWEST_PAGES, Math.ceil((HORIZON_SECONDS * rate) / PAGE_SIZE))
  const room = horizon - (stalled ? 0 : inQueue(place, ledger))
  const chosen: number[] = []
  let released = stalled ? 0 : place.released
  while (released < pages && chosen.length < room) {
    if (!ledger.settled.has(released)) chosen.push(released)
    released++
  }
  return { chosen, released }
}

function inQueue(place: Conductor, ledger: Ledger): number {
  let waiting = 0
  for (let page = 0; page < place.released; page++) if (!ledger.settled.has(page)) waiting++
  return waiting
}

const SENDS_AT_ONCE = 8

async function inParallel(pages: number[], send: (page: number, index: number) => Promise<void>): Promise<void> {
  const entries = pages.entries()
  const worker = async () => {
    for (const [index, page] of entries) await send(page, index)
  }
  await Promise.all(Array.from({ length: SENDS_AT_ONCE }, worker))
}

/** About when half of what is left will be sent, so that the end is seen soon after it comes. */
function untilNextTurn(pagesLeft: number, rate: number): number {
  const seconds = Math.ceil((pagesLeft * PAGE_SIZE) / rate / 2)
  return Math.min(LONGEST_TURN_SECONDS, Math.max(1, seconds))
}

async function rateOf(deps: ConductDeps, campaign: Campaign): Promise<number> {
  const phoneNumber = await phoneNumberStore(deps.containers).find(campaign.workspace_id, campaign.phone_number_id)
  return phoneNumber ? ratePerSecond(phoneNumber.value) : 1
}

/** Completion is what the ledger says, never what a worker believes. */
async function complete(deps: ConductDeps, campaign: Campaign, total: number, ledger: Ledger): Promise<void> {
  if (sumOf(ledger.counts) !== total) {
    throw new Error(`Campaign ${campaign.id}: ${sumOf(ledger.counts)} outcomes for ${total} recipients`)
  }
  await startRefreshing(deps, campaign)
  await changing(deps, campaign.workspace_id, campaign.id, (current) => {
    if (current.status !== 'SENDING' || current.execution_id !== campaign.execution_id) return current
    const at = deps.now().toISOString()
    return {
      ...current,
      status: 'COMPLETED',
      in_motion: false,
      completed_at: at,
      updated_at: at,
      planned_at: current.planned_at ?? at,
      total: total,
      reopen: [],
      reopen_codes: [],
      counters: ledger.counts,
    }
  })
  deps.log.info('campaign.completed', { campaign_id: campaign.id, ...ledger.counts })
}
