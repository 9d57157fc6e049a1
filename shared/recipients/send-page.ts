/**
 * Sends one page of a campaign, block by block. One conditional write records the results of a block and claims the
 * next, so two workers never hold the same recipient, and a crash leaves at most one block uncertain.
 */
import type { Stored } from '../azure/cosmos.ts'
import { pauseBySystem } from '../campaigns/pause.ts'
import type { Deps } from '../deps.ts'
import { isConflict } from '../errors.ts'
import { newUuid } from '../ids.ts'
import { ratePerSecond } from '../phone-numbers/schema.ts'
import type { QueueMessage } from '../queue/messages.ts'
import type { Gate, Sender } from './gate.ts'
import { outcomeOfPage } from './outcome.ts'
import { pageStore } from './page-store.ts'
import {
  BLOCK_SIZE,
  claimed,
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
import { sendOne, type SideEffect } from './send-one.ts'
import { slotBook, type SlotBook } from './slot-book.ts'

/** A wait for a slot longer than this is not spent with unrecorded results. */
const RECORD_BEFORE_WAIT_MS = 1_000

type SendDeps = Pick<
  Deps,
  'containers' | 'config' | 'now' | 'sleep' | 'graph' | 'queues' | 'log' | 'gates' | 'pacer' | 'facts'
>
type Message = QueueMessage<'outbound-sends'>

/** Safe to run twice and at the same time: a page that somebody else holds is left to them. */
export async function sendPage(deps: SendDeps, message: Message): Promise<void> {
  const stored = await pageStore(deps).page(message.workspace_id, message.campaign_id, message.page)
  if (!stored) return
  if (isLeased(stored.value, deps.now())) {
    // Its holder is at work, or died a moment ago: look again when the lease is over.
    await deps.queues.send('outbound-sends', message, {
      delaySeconds: leaseLeftMs(stored.value, deps.now()) / 1000 + 1,
    })
    return
  }
  try {
    const { page, againAfterMs } = await sendBlocks(deps, message, stored)
    await deps.facts.write(message.workspace_id, message.campaign_id, [{ outcome: outcomeOfPage(page) }])
    if (againAfterMs !== undefined) {
      await deps.queues.send('outbound-sends', message, { delaySeconds: againAfterMs / 1000 })
    }
  } catch (error) {
    if (!isConflict(error)) throw error
    deps.log.info('page.taken', { campaign_id: message.campaign_id, page: message.page })
  }
}

interface Finished {
  page: Page
  /** Set while recipients wait for another try or for a slot. */
  againAfterMs: number | undefined
}

async function sendBlocks(deps: SendDeps, message: Message, first: Stored<Page>): Promise<Finished> {
  const holder = newUuid()
  let stored = first
  let page = recovered(first.value, deps.now())
  let slots: SlotBook | undefined
  for (;;) {
    const turn = await currentTurn(deps, message)
    if (turn) page = withoutOptedOut(page, turn.optedOut, deps.now())
    slots ??= slotsOf(deps, turn)
    const step = await nextBlock(page, turn && slots, deps.now())
    // Results are recorded together with the next claim, unless there is none or it is a while off.
    if (step.kind !== 'send' || step.waitMs > RECORD_BEFORE_WAIT_MS) {
      stored = await saved(deps, stored, claimed(page, [], holder, deps.now()))
      page = stored.value
    }
    if (!turn || step.kind !== 'send') return { page, againAfterMs: step.waitMs }
    await deps.sleep(step.waitMs)
    await deps.sleep(step.admit())
    stored = await pageStore(deps).replacePage(stored, claimed(page, step.block, holder, deps.now()))
    const { results, effects } = await sendBlock(deps, turn.sender, stored.value, step.block)
    page = recorded(stored.value, results, deps.now())
    if (await applyEffects(deps, message, turn.sender, effects)) slots = undefined
  }
}

function slotsOf({ pacer }: SendDeps, turn: Turn | undefined): SlotBook | undefined {
  if (!turn) return undefined
  const { phoneNumber } = turn.sender
  return slotBook(pacer, phoneNumber.meta_id, ratePerSecond(phoneNumber))
}

type NextBlock =
  { kind: 'send'; block: number[]; waitMs: number; admit: () => number } | { kind: 'stop'; waitMs: number | undefined }

/** Whom to send to after which wait, or when to come back for those who are left; without a turn, never. */
async function nextBlock(page: Page, slots: SlotBook | undefined, now: Date): Promise<NextBlock> {
  if (!slots) return { kind: 'stop', waitMs: undefined }
  const block = sendable(page, now, BLOCK_SIZE)
  if (block.length === 0) {
    const next = nextTry(page)
    return { kind: 'stop', waitMs: next === undefined ? undefined : Math.max(0, Date.parse(next) - now.getTime()) }
  }
  const wait = await slots.take(block.length, positionsIn(page, 'p').length, now)
  return wait.kind === 'go' ? { ...wait, kind: 'send', block } : { kind: 'stop', waitMs: wait.waitMs }
}

interface Turn {
  sender: Sender
  optedOut: ReadonlySet<string>
}

/** Number, template and opt-outs if this execution may still send, else undefined. */
async function currentTurn(deps: SendDeps, message: Message): Promise<Turn | undefined> {
  const gate = await openGate(deps, message)
  if (!gate) return undefined
  const sender = await deps.gates.sender(gate.campaign)
  const obstacle = obstacleOf(sender)
  if (sender && obstacle === undefined) return { sender, optedOut: gate.optedOut }
  await pauseBySystem(deps, message, obstacle ?? 'The phone number or the template of this campaign no longer exists')
  return undefined
}

/** A remembered "no" is asked again, because a campaign that was resumed a moment ago would lose its pages to it. */
async function openGate(
  deps: SendDeps,
  { workspace_id, campaign_id, execution_id }: Message,
): Promise<Gate | undefined> {
  const isOpen = (gate: Gate | undefined) =>
    gate?.campaign.status === 'SENDING' && gate.campaign.execution_id === execution_id
  const remembered = await deps.gates.gate(workspace_id, campaign_id)
  if (isOpen(remembered)) return remembered
  deps.gates.forget(workspace_id, campaign_id)
  const fresh = await deps.gates.gate(workspace_id, campaign_id)
  return isOpen(fresh) ? fresh : undefined
}

/** What keeps this number and template from sending, in words for a person. */
function obstacleOf(sender: Sender | undefined): string | undefined {
  if (!sender) return undefined
  if (sender.phoneNumber.status !== 'active') return `The phone number is ${sender.phoneNumber.status}`
  if (sender.template.status !== 'APPROVED') return `The template is ${sender.template.status}`
  return undefined
}

function withoutOptedOut(page: Page, optedOut: ReadonlySet<string>, now: Date): Page {
  if (optedOut.size === 0) return page
  const skip = positionsIn(page, 'p').filter((position) => optedOut.has(page.contacts[position] ?? ''))
  const results = skip.map((position): [number, SendResult] => [position, { kind: 'skipped', reason: 'opted_out' }])
  return recorded(page, new Map(results), now)
}

/** Writes only what differs from what is stored. */
async function saved(deps: SendDeps, stored: Stored<Page>, page: Page): Promise<Stored<Page>> {
  const same = page.states === stored.value.states && page.lease === stored.value.lease
  return same ? stored : pageStore(deps).replacePage(stored, page)
}

async function sendBlock(deps: SendDeps, sender: Sender, page: Page, block: number[]) {
  const results = new Map<number, SendResult>()
  const effects: SideEffect[] = []
  await Promise.all(
    block.map(async (position) => {
      const { result, effect } = await sendOne(deps, sender, page, position)
      results.set(position, result)
      if (effect) effects.push(effect)
    }),
  )
  return { results, effects }
}

/** True if the number was slowed down, so that slots taken at the old rate are given up. */
async function applyEffects(deps: SendDeps, message: Message, sender: Sender, effects: SideEffect[]): Promise<boolean> {
  const stop = effects.find((effect) => effect.kind === 'stop')
  if (stop) await pauseBySystem(deps, message, stop.reason)
  const slow = effects.some((effect) => effect.kind === 'slow_down')
  if (slow) await deps.pacer.slowDown(sender.phoneNumber.meta_id)
  return slow
}
