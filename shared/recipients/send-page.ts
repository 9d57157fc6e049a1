/**
 * Sends one page of a campaign, block by block. One conditional write records the results of a block and claims the
 * next, so two workers never hold the same recipient, and a crash leaves at most one block uncertain.
 */
import type { Stored } from '../azure/cosmos.ts'
import type { Deps } from '../deps.ts'
import { isConflict } from '../errors.ts'
import { newUuid } from '../ids.ts'
import type { Flight } from '../pace/flights.ts'
import type { TakenSlots } from '../pace/slot-pool.ts'
import { ratePerSecond } from '../phone-numbers/schema.ts'
import type { QueueMessage } from '../queue/messages.ts'
import type { SendOutcome, SideEffect } from '../whatsapp/outcome.ts'
import { applyEffects, noteFailures } from './effects.ts'
import { frequencyVisit, type FrequencyVisit } from './frequency.ts'
import type { Sender } from './gate.ts'
import { outcomeOfPage } from './outcome.ts'
import { withoutReached } from './page-facts.ts'
import { pageStore } from './page-store.ts'
import {
  BLOCK_SIZE,
  PAGE_SIZE,
  claimed,
  held,
  isLeased,
  leaseLeftMs,
  nextTry,
  positionsIn,
  recorded,
  recovered,
  sendable,
  type Page,
  type SendResult,
} from './page.ts'
import { holdForRoom, takeRoom, type PageRoom } from './room.ts'
import { sendOne } from './send-one.ts'
import { currentTurn, thinned, type Turn } from './turn.ts'

/** A wait for a slot longer than this is not spent with unrecorded results. */
const RECORD_BEFORE_WAIT_MS = 1_000

/** A block at a closer distance is over within a small part of a second. */
const SPACED_FROM_MS = 2

/** Until Meta may have the file of the header. */
const HEADER_WAIT_MS = 3_000

export type SendDeps = Pick<
  Deps,
  | 'containers'
  | 'config'
  | 'now'
  | 'sleep'
  | 'graph'
  | 'queues'
  | 'log'
  | 'gates'
  | 'pacer'
  | 'slots'
  | 'facts'
  | 'factsTable'
>
type Message = Omit<QueueMessage<'outbound-sends'>, 'pages'>

interface Block {
  holder: string
  positions: number[]
  intervalMs: number
  flight: Flight
}

/** Somebody else wrote the page first: it is theirs. */
class PageTaken extends Error {}

/** Safe to run twice and at the same time: a page that somebody else holds is left to them. */
export async function sendPage(deps: SendDeps, message: Message): Promise<void> {
  const stored = await pageStore(deps).page(message.workspace_id, message.campaign_id, message.page)
  // A page that was queued again is followed under its latest message only, or every repair would add one for good.
  if (!stored || stored.value.release > message.release) return
  if (isLeased(stored.value, deps.now())) {
    // Its holder is at work, or died a moment ago: look again when the lease is over.
    await deps.queues.send('outbound-sends', message, {
      delaySeconds: leaseLeftMs(stored.value, deps.now()) / 1000 + 1,
    })
    return
  }
  const frequency = frequencyVisit(deps)
  try {
    const { page, againAfterMs } = await sendBlocks(deps, message, { stored, frequency })
    await deps.facts.write(message.workspace_id, message.campaign_id, [{ outcome: outcomeOfPage(page) }])
    if (againAfterMs !== undefined) {
      await deps.queues.send('outbound-sends', message, { delaySeconds: againAfterMs / 1000 })
    }
  } catch (error) {
    if (!(error instanceof PageTaken)) throw error
    deps.log.info('page.taken', { campaign_id: message.campaign_id, page: message.page })
  }
}

interface Finished {
  page: Page
  /** Set while recipients wait for another try or for a slot. */
  againAfterMs: number | undefined
}

/** The page as stored, and as it is with what happened since. */
interface Hold {
  stored: Stored<Page>
  page: Page
  frequency: FrequencyVisit
}

async function sendBlocks(deps: SendDeps, message: Message, visit: Omit<Hold, 'page'>): Promise<Finished> {
  const hold: Hold = { ...visit, page: { ...recovered(visit.stored.value, deps.now()), release: message.release } }
  try {
    const againAfterMs = await sendWhilePossible(deps, message, hold)
    await giveBackUnsent(deps, hold, againAfterMs !== undefined)
    await save(deps, hold)
    return { page: hold.page, againAfterMs }
  } catch (error) {
    // What Meta answered must not be forgotten because something else failed: it could never be sent to again.
    if (!(error instanceof PageTaken)) {
      await save(deps, hold).catch((cause: unknown) =>
        deps.log.error('page.not_saved', { page: hold.page.number, error: cause }),
      )
    }
    throw error
  }
}

/** Returns when to come back for those who are left, if anybody is. */
async function sendWhilePossible(deps: SendDeps, message: Message, hold: Hold): Promise<number | undefined> {
  const holder = newUuid()
  let room: PageRoom | undefined
  let hasBegun = false
  for (;;) {
    const turn = await currentTurn(deps, message)
    if (!turn) return undefined
    if (turn === 'later') return HEADER_WAIT_MS
    hold.page = await hold.frequency.within(turn, thinned(hold.page, turn, deps.now()))
    room ??= await takeRoom(deps, turn, hold.page)
    const step = await nextBlock(deps, turn, hold.page, { room, hasBegun })
    if (step.kind === 'no_room') {
      await holdForRoom(deps, message, room)
      return undefined
    }
    if (step.kind === 'stop') return step.waitMs
    if (step.slots.waitMs > RECORD_BEFORE_WAIT_MS) await save(deps, hold)
    await deps.sleep(step.slots.waitMs)
    const flight = await step.slots.depart()
    if (!flight) continue
    await deps.sleep(step.slots.admit())
    const block = { holder, positions: step.block, intervalMs: step.slots.intervalMs, flight }
    await sendBlockIfStillAllowed(deps, message, hold, block).finally(() => flight.end())
    hasBegun = true
  }
}

/** Asks again after the wait: who paused, cancelled or opted out meanwhile is heard before anything is sent. */
async function sendBlockIfStillAllowed(deps: SendDeps, message: Message, hold: Hold, block: Block): Promise<void> {
  const turn = await currentTurn(deps, message)
  if (!turn || turn === 'later') return
  hold.page = await withoutReached(deps, thinned(hold.page, turn, deps.now()))
  const due = new Set(sendable(hold.page, deps.now(), PAGE_SIZE))
  const positions = block.positions.filter((position) => due.has(position))
  await write(deps, hold, claimed(hold.page, positions, block.holder, deps.now()))
  const { results, effects } = await sendBlock(deps, turn.sender, hold.page, { ...block, positions })
  hold.page = recorded(hold.page, results, deps.now())
  await noteFailures(deps, hold.page, results)
  const isSlowed = await applyEffects(deps, message, turn.sender, effects)
  if (isSlowed) deps.slots.giveUp(turn.sender.phoneNumber.meta_id)
}

type NextBlock =
  | { kind: 'send'; block: number[]; slots: TakenSlots }
  | { kind: 'stop'; waitMs: number | undefined }
  | { kind: 'no_room' }

/** Whom to send to after which wait, or when to come back for those who are left. */
async function nextBlock(
  deps: SendDeps,
  { sender }: Turn,
  page: Page,
  { room, hasBegun }: { room: PageRoom; hasBegun: boolean },
): Promise<NextBlock> {
  const now = deps.now()
  const block = sendable(page, now, BLOCK_SIZE, room.allows)
  if (block.length === 0) {
    if (sendable(page, now, 1).length > 0) return { kind: 'no_room' }
    const next = nextTry(page)
    return { kind: 'stop', waitMs: next === undefined ? undefined : Math.max(0, Date.parse(next) - now.getTime()) }
  }
  const wait = await deps.slots.take({
    metaNumberId: sender.phoneNumber.meta_id,
    ratePerSecond: ratePerSecond(sender.phoneNumber),
    wanted: block.length,
    remaining: positionsIn(page, 'p').length,
    hasBegun,
  })
  if (wait.kind === 'later') return { kind: 'stop', waitMs: wait.waitMs }
  return { kind: 'send', block: block.slice(0, wait.count), slots: wait }
}

/** The page is held meanwhile, by a write that fails if what is known of it is old: somebody may have sent to them since. */
async function giveBackUnsent(deps: SendDeps, hold: Hold, comesBack: boolean): Promise<void> {
  const unsent = hold.frequency.unsent(hold.page, comesBack)
  if (unsent.length === 0) return
  await write(deps, hold, held(hold.page, newUuid(), deps.now()))
  await hold.frequency.giveBack(hold.page, unsent)
}

/** Records what happened and ends the lease, unless the store knows all of it already. */
async function save(deps: SendDeps, hold: Hold): Promise<void> {
  const { stored, page } = hold
  const { states, release, lease, waits } = stored.value
  const isKnown = page.states === states && page.release === release && page.waits === waits && !lease
  if (!isKnown) await write(deps, hold, claimed(page, [], '', deps.now()))
}

async function write(deps: SendDeps, hold: Hold, page: Page): Promise<void> {
  try {
    hold.stored = await pageStore(deps).replacePage(hold.stored, page)
    hold.page = hold.stored.value
  } catch (error) {
    throw isConflict(error) ? new PageTaken() : error
  }
}

async function sendBlock(deps: SendDeps, sender: Sender, page: Page, { positions, intervalMs, flight }: Block) {
  const results = new Map<number, SendResult>()
  const effects: SideEffect[] = []
  await Promise.all(
    positions.map(async (position, index) => {
      // Meta counts each second, so a slow number's block must not go out at once.
      if (intervalMs >= SPACED_FROM_MS) await deps.sleep(index * intervalMs)
      const from = deps.now().getTime()
      const { result, effect } = await sendOne(deps, sender, page, position).catch((error: unknown) =>
        unclear(deps, error),
      )
      flight.landed(result.kind === 'accepted' ? deps.now().getTime() - from : undefined)
      results.set(position, result)
      if (effect) effects.push(effect)
    }),
  )
  return { results, effects }
}

/** A fault of ours in the middle of a send: whether it went out, nobody knows. */
function unclear({ log }: SendDeps, error: unknown): SendOutcome {
  log.error('send.failed', { error })
  return { result: { kind: 'uncertain', reason: 'worker_stopped' } }
}
