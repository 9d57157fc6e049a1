/**
 * The conductor of a running campaign: turn by turn it queues the pages of the next half minute of sending, sees what
 * was settled, queues again what got lost, and completes the campaign when the ledger says that nothing is left.
 */
import type { Stored } from '../azure/cosmos.ts'
import type { Deps } from '../deps.ts'
import { isConflict } from '../errors.ts'
import { USED_SHARE } from '../pace/gcra.ts'
import { ratePerSecond } from '../phone-numbers/schema.ts'
import type { QueueMessage } from '../queue/messages.ts'
import { PAGE_SIZE } from '../recipients/page.ts'
import { pagePartition, pageStore, type Conductor, type Plan } from '../recipients/page-store.ts'
import { cancelPending } from './cancel-pending.ts'
import { completeCampaign } from './complete.ts'
import { readLedger, type Ledger } from './counters.ts'
import { HEADER_WAIT_SECONDS, isHeaderAtMeta, type HeaderDeps } from './header-file.ts'
import { heldForMs, holdBySystem } from './hold.ts'
import { judgedWith, pauseForFailures } from './judge-failures.ts'
import { release, restsUntilMs } from './release.ts'
import { refreshCounters } from './refresh.ts'
import type { Campaign } from './schema.ts'
import { campaignStore } from './store.ts'

const LONGEST_TURN_SECONDS = 10
/** Until a queue has handed over what was put into it (host.json). */
const HANDED_OVER_SECONDS = 0.5
/** While it is held or everybody waits, it looks after it so often. */
const LONGEST_SLEEP_SECONDS = 300

type ConductDeps = Pick<Deps, 'containers' | 'queues' | 'now' | 'log' | 'facts' | 'factsTable' | 'gates'> & HeaderDeps
type Message = QueueMessage<'campaign-release'>

/** What the caller has just read: a turn that is taken with something old moves nothing on. */
interface Known {
  before: Stored<Conductor> | undefined
}

export async function conductCampaign(deps: ConductDeps, message: Message, known?: Known): Promise<void> {
  const stored = await campaignStore(deps).find(message.workspace_id, message.campaign_id)
  const campaign = stored?.value
  if (campaign?.execution_id !== message.execution_id) return
  if (message.refresh !== undefined) {
    await refreshCounters(deps, campaign, message)
    return
  }
  if (campaign.status === 'CANCELLED') await cancelPending(deps, campaign, message)
  if (campaign.status === 'SENDING') await takeTurn(deps, campaign, message, known)
}

async function takeTurn(
  deps: ConductDeps,
  campaign: Campaign,
  message: Message,
  known: Known | undefined,
): Promise<void> {
  const { before } = known ?? { before: await pageStore(deps).conductor(campaign.workspace_id, campaign.id) }
  const place = currentPlace(before, message, deps.now())
  if (!place) return
  const plan = await planOf(deps, campaign, place)
  const ledger = await readLedger(deps, campaign.workspace_id, campaign.id, plan.pages)
  if (plan.done && ledger.settled.size >= plan.pages) {
    await completeCampaign(deps, campaign, plan, ledger)
    return
  }
  const sleepSeconds = await secondsToSleep(deps, campaign, plan, ledger)
  if (sleepSeconds > 0) {
    await goOn(deps, message, { before, next: asleep(place, sleepSeconds, deps.now()), delaySeconds: sleepSeconds })
    return
  }
  if (await pauseForFailures(deps, campaign, place.judged, ledger.counts)) return
  if (!(await isHeaderAtMeta(deps, campaign))) {
    await goOn(deps, message, {
      before,
      next: asleep(place, HEADER_WAIT_SECONDS, deps.now()),
      delaySeconds: HEADER_WAIT_SECONDS,
    })
    return
  }
  const rate = await rateOf(deps, campaign)
  const next = await release(deps, message, { place, pages: plan.pages, ledger, rate })
  const delaySeconds = plan.done ? untilNextTurn(plan.pages - ledger.settled.size, rate) : 1
  const judged = judgedWith(place.judged, ledger.counts)
  const planned = plan.done ? { pages: plan.pages, total: plan.total } : undefined
  await goOn(deps, message, { before, next: { ...next, judged, planned }, delaySeconds })
}

type Planned = Pick<Plan, 'pages' | 'total' | 'done'>

async function planOf(deps: ConductDeps, campaign: Campaign, { planned }: Conductor): Promise<Planned> {
  if (planned) return { ...planned, done: true }
  const stored = await pageStore(deps).plan(campaign.workspace_id, campaign.id)
  return stored?.value ?? { pages: 0, total: 0, done: false }
}

interface NextTurn {
  before: Stored<Conductor> | undefined
  next: Conductor
  delaySeconds: number
}

async function goOn(deps: ConductDeps, message: Message, { before, next, delaySeconds }: NextTurn): Promise<void> {
  try {
    await pageStore(deps).saveConductor(before, next)
  } catch (error) {
    // Another chain of turns is ahead of this one.
    if (isConflict(error)) return
    throw error
  }
  await deps.queues.send('campaign-release', { ...message, turn: next.turn }, { delaySeconds })
}

/** More than 0 while the campaign is held, or everybody who is left waits: that is a hold, too. */
async function secondsToSleep(
  deps: ConductDeps,
  campaign: Campaign,
  plan: Pick<Plan, 'pages' | 'done'>,
  ledger: Ledger,
): Promise<number> {
  const now = deps.now()
  let heldMs = heldForMs(campaign, now)
  const untilMs = plan.done ? restsUntilMs(ledger, plan.pages, now) : undefined
  if (heldMs === 0 && untilMs !== undefined) {
    const execution = { workspace_id: campaign.workspace_id, campaign_id: campaign.id }
    const reason = 'Everybody who is left waits for their next try'
    await holdBySystem(deps, { ...execution, execution_id: campaign.execution_id ?? '' }, { untilMs, reason })
    heldMs = untilMs - now.getTime()
  }
  return Math.min(LONGEST_SLEEP_SECONDS, Math.ceil(heldMs / 1000))
}

/** Workers give held pages up, so all that is left is released again afterwards. */
function asleep(place: Conductor, seconds: number, now: Date): Conductor {
  const at = now.toISOString()
  const until = new Date(now.getTime() + seconds * 1000).toISOString()
  return { ...place, turn: place.turn + 1, released: 0, asleep_until: until, progress_at: at, updated_at: at }
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

/** About when half of what is left will be sent, so that the end is seen soon after it comes, without many looks before. */
function untilNextTurn(pagesLeft: number, rate: number): number {
  const seconds = Math.ceil((pagesLeft * PAGE_SIZE) / rate / 2 + HANDED_OVER_SECONDS)
  return Math.min(LONGEST_TURN_SECONDS, Math.max(1, seconds))
}

/** Messages a second, as the senders know the number. */
async function rateOf({ gates }: ConductDeps, campaign: Campaign): Promise<number> {
  const sender = await gates.sender(campaign)
  return sender ? ratePerSecond(sender.phoneNumber) * USED_SHARE : 1
}
