/**
 * Sends one queued message, at most once: one conditional write claims it, and only who claimed it calls Meta. Whatever
 * is killed when, the message's guard (see queue-message.ts) comes back until it is settled.
 */
import type { Stored } from '../azure/cosmos.ts'
import { retryingConflicts } from '../conflicts.ts'
import type { Deps } from '../deps.ts'
import { isConflict } from '../errors.ts'
import { newUuid } from '../ids.ts'
import { outcomeWithFile } from '../media/copies.ts'
import { refuseCopy } from '../media/keep-at-meta.ts'
import { phoneNumberOrNone } from '../phone-numbers/find.ts'
import { ratePerSecond } from '../phone-numbers/schema.ts'
import { slowDown } from '../phone-numbers/slow-down.ts'
import type { QueueMessage } from '../queue/messages.ts'
import type { CallResult } from '../whatsapp/outcome.ts'
import { countPerson } from './count-person.ts'
import { finalIfStopped } from './final-outcome.ts'
import { noteFailure } from './note-failure.ts'
import { prepare, type Ready } from './prepare.ts'
import { GUARD_SECONDS } from './queue-in-place.ts'
import { fileIdOf, type OutboundMessage } from './schema.ts'
import { abandoned, claimed, failed, postponed, statusOf, turnOf, withResult } from './status.ts'
import { messageStore } from './store.ts'

/** Campaigns leave a share of the number's pace to us: a slot is nearer than this unless Meta slowed the number down. */
const LONGEST_WAIT_MS = 15_000

/** What waited longer, through an outage or behind a slow number, is no answer any more: its sender is told. */
const MOST_AGE_MS = 60 * 60_000
const EXPIRED = { code: 'expired', title: 'It could not be sent within an hour' }

type SendDeps = Pick<
  Deps,
  | 'blobs'
  | 'config'
  | 'containers'
  | 'gates'
  | 'graph'
  | 'log'
  | 'now'
  | 'pacer'
  | 'pairLimit'
  | 'queues'
  | 'sleep'
  | 'uploadsToMeta'
>
type Entry = QueueMessage<'outbound-messages'>

export async function sendMessage(deps: SendDeps, entry: Entry): Promise<void> {
  if (!entry.guard) {
    await sendOnce(deps, entry)
    return
  }
  const isSettled = await sendOnce(deps, entry).catch((error: unknown) => {
    // A guard that is given up after some failures would guard nothing.
    deps.log.error('message.guard_failed', { message_id: entry.message_id, error })
    return false
  })
  if (!isSettled) await deps.queues.send('outbound-messages', entry, { delaySeconds: GUARD_SECONDS })
}

/** True if nothing is left to do for this message. */
async function sendOnce(deps: SendDeps, entry: Entry): Promise<boolean> {
  const store = messageStore(deps.containers)
  const stored = await store.findOutbound(entry.workspace_id, entry.message_id)
  // Never stored: the request ended before, and its sender was told so.
  if (!stored) return true
  switch (turnOf(stored.value, deps.now())) {
    case 'settled':
      return true
    case 'taken':
    case 'waiting':
      return false
    case 'abandoned':
      deps.log.warn('message.abandoned', { message_id: entry.message_id })
      return replaced(deps, stored, abandoned(stored.value, deps.now()))
    case 'ready':
      return sendNow(deps, entry, stored)
  }
}

async function sendNow(deps: SendDeps, entry: Entry, stored: Stored<OutboundMessage>): Promise<boolean> {
  if (deps.now().getTime() - Date.parse(stored.value.created_at) > MOST_AGE_MS) {
    return replaced(deps, stored, failed(stored.value, EXPIRED, deps.now()))
  }
  // Ahead of the slot: Meta may have to be given the file, which takes a while.
  const early = fileIdOf(stored.value) !== undefined ? await lookOnce(deps, entry, stored) : undefined
  if (typeof early === 'boolean') return early
  const laterMs = await waitForSlot(deps, stored.value)
  if (laterMs !== undefined) {
    await again(deps, entry, laterMs)
    return false
  }
  // After the wait: what changed during it is heard.
  const prepared = await lookOnce(deps, entry, stored)
  if (typeof prepared === 'boolean') return prepared
  await countPerson(deps, prepared.number, stored.value)
  const holder = newUuid()
  const isMine = await replaced(deps, stored, claimed(stored.value, holder, deps.now()))
  return isMine && callMeta(deps, entry, holder, prepared)
}

/** What to send, or whether nothing is left to do where it is not to be sent now. */
async function lookOnce(deps: SendDeps, entry: Entry, stored: Stored<OutboundMessage>): Promise<Ready | boolean> {
  const prepared = await prepare(deps, stored.value)
  if (prepared.kind === 'ready') return prepared
  if (prepared.kind === 'refused') return replaced(deps, stored, failed(stored.value, prepared.failure, deps.now()))
  const isMine = await replaced(deps, stored, postponed(stored.value, prepared.afterMs, deps.now()))
  if (isMine) await again(deps, entry, prepared.afterMs)
  return false
}

/** One slot of the number's pace, or how long to come back after. */
async function waitForSlot(
  deps: SendDeps,
  { workspace_id, phone_number_id, contact_id }: OutboundMessage,
): Promise<number | undefined> {
  const phoneNumber = await phoneNumberOrNone(deps, workspace_id, phone_number_id)
  if (!phoneNumber) return undefined
  const { meta_id: metaId } = phoneNumber
  const pairMs = await deps.pairLimit.waitMs(metaId, contact_id)
  if (pairMs > 0) return pairMs
  const request = { count: 1, ratePerSecond: ratePerSecond(phoneNumber), maxWaitMs: LONGEST_WAIT_MS, isSingle: true }
  const slot = await deps.pacer.reserve(metaId, request)
  if ('waitMs' in slot) return slot.waitMs
  await deps.sleep(Math.max(0, slot.startMs - deps.now().getTime()))
  await deps.sleep(deps.pacer.admit(metaId, 1, slot.intervalMs))
  return undefined
}

async function callMeta(deps: SendDeps, entry: Entry, holder: string, prepared: Ready): Promise<boolean> {
  const answer = await deps.graph.call({
    method: 'POST',
    path: `${prepared.number.meta_id}/messages`,
    token: prepared.token,
    json: {
      messaging_product: 'whatsapp',
      recipient_type: 'individual',
      ...prepared.content,
      // Comes back with every status of this message, and leads straight to it.
      biz_opaque_callback_data: entry.message_id,
    },
  })
  const { tries, copy } = prepared
  const outcome = finalIfStopped(outcomeWithFile(answer, tries, copy, deps.now()))
  const isSettled = await recorded(deps, entry, holder, outcome.result)
  if (outcome.effect?.kind === 'slow_down') await slowDown(deps, prepared.number, outcome.effect.code)
  if (outcome.effect?.kind === 'lost_file' && copy) await refuseCopy(deps, entry.workspace_id, copy)
  if (!isSettled && outcome.result.kind === 'again') await again(deps, entry, outcome.result.afterMs)
  return isSettled
}

/** A webhook may report the message before its answer is recorded: both stand. True if nothing is left to do. */
function recorded(deps: SendDeps, entry: Entry, holder: string, result: CallResult): Promise<boolean> {
  const store = messageStore(deps.containers)
  return retryingConflicts(async () => {
    const stored = await store.findOutbound(entry.workspace_id, entry.message_id)
    if (!stored) return true
    const next = withResult(stored.value, holder, result, deps.now())
    if (statusOf(next) === 'failed') await note(deps, next)
    if (next !== stored.value) await store.replace(stored, next)
    return statusOf(next) !== 'queued'
  })
}

/** What Meta said of this message is certain, whatever becomes of what else follows from it: Meta says that again. */
async function note(deps: SendDeps, message: OutboundMessage): Promise<void> {
  try {
    await noteFailure(deps, message)
  } catch (error) {
    deps.log.error('message.failure_not_noted', { message_id: message.id, error })
  }
}

/** False if somebody else wrote in between, who then goes on with it. */
async function replaced(
  { containers }: SendDeps,
  stored: Stored<OutboundMessage>,
  message: OutboundMessage,
): Promise<boolean> {
  try {
    await messageStore(containers).replace(stored, message)
    return true
  } catch (error) {
    if (isConflict(error)) return false
    throw error
  }
}

/** Another try, whoever made this one; the guard keeps its own rhythm beside it. */
async function again({ queues }: SendDeps, { workspace_id, message_id }: Entry, afterMs: number): Promise<void> {
  const entry = { workspace_id, message_id, guard: false }
  await queues.send('outbound-messages', entry, { delaySeconds: afterMs / 1000 })
}
