/** Stores a message as `queued` in its conversation, and queues its sending. Whoever calls this has checked that it may go. */
import type { Stored } from '../azure/cosmos.ts'
import { retryingConflicts } from '../conflicts.ts'
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import { messageStem, seededMessageId, type WorkspaceId } from '../ids.ts'
import type { PhoneNumber } from '../phone-numbers/schema.ts'
import type { Place } from './continue.ts'
import { newConversation, withArrival } from './conversation.ts'
import { effectOf } from './kinds.ts'
import { shortened } from './notes.ts'
import type { Content, Conversation, LastMessage, OutboundMessage } from './schema.ts'
import { messageStore } from './store.ts'
import { wordsOf } from './words.ts'

export interface ToQueue {
  phoneNumber: PhoneNumber
  contactId: string
  /** E.164, or the user id of somebody who shows no number. */
  toNumber: string
  content: Content
  /** The message that this one answers. */
  quotes: { id: string; wamid: string } | null
}

/**
 * The guard comes back this often until its message is settled. Longer than a lease, so that it finds what a dead worker
 * left; long after any request, so that the message it is about is stored, or never will be.
 */
export const GUARD_SECONDS = 60
const SLOWEST_REQUEST_MS = 30_000

export type QueueDeps = Pick<Deps, 'containers' | 'queues' | 'log' | 'now' | 'once'>

/**
 * Runs `queue`, unless an earlier run of the same request stored its message. That is looked for before anything is
 * checked: a window that has closed since must not have somebody believe that nothing was sent.
 */
export async function queuedOnce(
  { containers, once }: QueueDeps,
  workspaceId: WorkspaceId,
  queue: () => Promise<OutboundMessage>,
): Promise<OutboundMessage> {
  if (!once.isRepeat) return queue()
  const earlier = await messageStore(containers).findByStem(workspaceId, messageStem(workspaceId, once.seed('message')))
  return earlier?.direction === 'outbound' ? earlier : queue()
}

/**
 * Nobody redelivers a request, so a guard is queued before the write: whatever dies from here on, the guard finds the
 * message a minute later, or finds nothing and ends. After the write a second entry has it sent at once; should that one
 * be lost, the message is late and not lost. So no message waits, and none needs to be looked for with an index.
 */
export async function queueInPlace(
  { containers, queues, log, now, once }: QueueDeps,
  place: Place,
  wanted: ToQueue,
): Promise<OutboundMessage> {
  const message = newMessage(place, wanted, { at: now().toISOString(), seed: once.seed('message') })
  const entry = { workspace_id: message.workspace_id, message_id: message.id }
  await queues.send('outbound-messages', { ...entry, guard: true }, { delaySeconds: GUARD_SECONDS })
  if (now().getTime() - Date.parse(message.created_at) > SLOWEST_REQUEST_MS) {
    throw new AppError('storage_unavailable', 'The message could not be queued in time; it was not sent: try again')
  }
  await store(containers, place, message)
  try {
    await queues.send('outbound-messages', { ...entry, guard: false })
  } catch (error) {
    log.warn('message.left_to_guard', { message_id: message.id, error })
  }
  return message
}

/** Together with its conversation, which is made with its first message and shows the latest one. */
async function store(
  containers: Pick<Deps['containers'], 'messages'>,
  place: Place,
  message: OutboundMessage,
): Promise<void> {
  const messages = messageStore(containers)
  let read: { stored: Stored<Conversation> | undefined } | undefined = place
  await retryingConflicts(async () => {
    // Another message of this conversation came between: the id of this one stays, whatever became of the conversation.
    const { stored } = read ?? { stored: await messages.conversation(message.workspace_id, message.conversation_id) }
    read = undefined
    const at = new Date(message.created_at)
    const conversation = stored?.value ?? newConversation(place.address, message.contact_id, at)
    const shown = { ...withArrival(conversation, arrivalOf(message)), updated_at: message.created_at }
    const known = { ...shown, contact_id: shown.contact_id ?? message.contact_id }
    await messages.writeTogether(message, { before: stored, now: known })
  })
}

function arrivalOf({ id, content, created_at: at }: OutboundMessage) {
  const shown: LastMessage = {
    id,
    direction: 'outbound',
    kind: content.type,
    text: shortened(wordsOf(content)),
    at,
    wamid: null,
  }
  const isShown = effectOf(content.type).isForReading
  return { wamid: '', at, opensWindow: false, isUnread: false, shown: isShown ? shown : undefined }
}

function newMessage(
  { stored, address }: Place,
  { phoneNumber, contactId, toNumber, content, quotes }: ToQueue,
  { at, seed }: { at: string; seed: string },
): OutboundMessage {
  const { id, conversation } = stored?.value ?? newConversation(address, contactId, new Date(at))
  return {
    id: seededMessageId(address.workspaceId, conversation, seed),
    workspace_id: address.workspaceId,
    conversation,
    type: 'message',
    v: 1,
    direction: 'outbound',
    conversation_id: id,
    phone_number_id: phoneNumber.id,
    contact_id: contactId,
    from_number: `+${phoneNumber.display_digits}`,
    to_number: toNumber,
    content,
    quotes: quotes?.wamid ?? null,
    quoted_id: quotes?.id ?? null,
    wa_message_id: null,
    tries: 0,
    not_before: null,
    claim: null,
    outcome: null,
    reported: {},
    created_at: at,
    updated_at: at,
  }
}
