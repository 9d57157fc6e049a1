/**
 * Takes a message in: who sends to whom is checked and resolved, the message is stored as `queued`, and its sending is
 * queued. The verbs beside this file say what is sent.
 */
import { contactForSend, contactWithNumber } from '../contacts/for-send.ts'
import { parsePhone, type PhoneNumber as PersonNumber } from '../contacts/phone.ts'
import { personKey } from '../contacts/person.ts'
import { isOptedOut, type Contact } from '../contacts/schema.ts'
import type { Stored } from '../azure/cosmos.ts'
import type { Deps } from '../deps.ts'
import { AppError, fieldProblem, isConflict } from '../errors.ts'
import { messageId, type WorkspaceId } from '../ids.ts'
import { resolvePhoneNumber } from '../phone-numbers/find.ts'
import type { PhoneNumber } from '../phone-numbers/schema.ts'
import { sendingSettings } from '../workspaces/settings.ts'
import { isWindowOpen, newConversation } from './conversation.ts'
import type { Content, Conversation, OutboundMessage } from './schema.ts'
import { messageStore, type ConversationAddress } from './store.ts'

export type QueueDeps = Pick<Deps, 'containers' | 'queues' | 'log' | 'now'>

export interface WantedRoute {
  /** Of ours, by our id or Meta's digits. */
  phone_number_id: string
  to: string
}

/** From which number of ours to whom; nothing is written yet. */
export interface Route {
  workspaceId: WorkspaceId
  phoneNumber: PhoneNumber
  to: PersonNumber
  checkServiceWindow: boolean
}

/**
 * The guard comes back this often until its message is settled. Longer than a lease, so that it finds what a dead worker
 * left; long after any request, so that the message it is about is stored, or never will be.
 */
export const GUARD_SECONDS = 60
const SLOWEST_REQUEST_MS = 30_000

/** Throws `workspace_suspended`, and 422 naming the field. */
export async function findRoute(
  { containers }: Pick<Deps, 'containers'>,
  workspaceId: WorkspaceId,
  { phone_number_id, to }: WantedRoute,
): Promise<Route> {
  const { checkServiceWindow } = await sendingSettings({ containers }, workspaceId)
  const phoneNumber = await resolvePhoneNumber({ containers }, workspaceId, phone_number_id)
  const person = parsePhone(to)
  if (!person.ok) throw fieldProblem(['body', 'to'], person.problem)
  return { workspaceId, phoneNumber, to: person.phone, checkServiceWindow }
}

/** `windowed`: only while the service window is open. `marketing`: not to who opted out. */
export type Rule = 'windowed' | 'marketing' | 'any'

/** Checks what may go to this person now (409), then stores and queues the message. */
export async function queueMessage(
  deps: QueueDeps,
  route: Route,
  rule: Rule,
  content: Content,
): Promise<OutboundMessage> {
  const { workspaceId, phoneNumber, to } = route
  checkActive(phoneNumber)
  const address = addressOf(route)
  const [known, conversation] = await Promise.all([
    contactWithNumber(deps, workspaceId, to),
    messageStore(deps.containers).findConversation(address),
  ])
  if (rule === 'marketing' && known && isOptedOut(known)) throw optedOut()
  if (rule === 'windowed' && route.checkServiceWindow) checkWindow(conversation?.value, deps.now())
  const contact = await contactForSend(deps, workspaceId, to, known)
  const message = newMessage(route, contact, content, deps.now())
  await storeAndQueue(deps, address, conversation, message)
  return message
}

function addressOf({ workspaceId, phoneNumber, to }: Route): ConversationAddress {
  return { workspaceId, phoneNumberId: phoneNumber.id, person: personKey(to.waId) }
}

function checkActive({ status }: PhoneNumber): void {
  if (status === 'active') return
  throw new AppError('phone_number_not_active', `This phone number is ${status}: it cannot send`)
}

function optedOut(): AppError {
  return new AppError('contact_opted_out', 'This contact opted out of marketing messages', {
    details: {
      hint: 'Replies inside an open service window and UTILITY templates can still be sent. Set opted_in of the contact when they agree again',
    },
  })
}

function checkWindow(conversation: Conversation | undefined, now: Date): void {
  if (isWindowOpen(conversation, now)) return
  throw new AppError('outside_service_window', 'This person did not write to this number within the last 24 hours', {
    details: {
      hint: 'Send a template: it may go at any time. The workspace setting check_service_window switches this check off',
    },
  })
}

function newMessage(route: Route, contact: Contact, content: Content, now: Date): OutboundMessage {
  const { workspaceId, phoneNumber, to } = route
  const { id, conversation } = newConversation(addressOf(route), null, now)
  const at = now.toISOString()
  return {
    id: messageId(workspaceId, conversation),
    workspace_id: workspaceId,
    conversation,
    type: 'message',
    v: 1,
    direction: 'outbound',
    conversation_id: id,
    phone_number_id: phoneNumber.id,
    contact_id: contact.id,
    from_number: `+${phoneNumber.display_digits}`,
    to_number: to.e164,
    content,
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

/**
 * Nobody redelivers a request, so a guard is queued before the write: whatever dies from here on, the guard finds the
 * message a minute later, or finds nothing and ends. After the write a second entry has it sent at once; should that one
 * be lost, the message is late and not lost. So no message waits, and none needs to be looked for with an index.
 */
async function storeAndQueue(
  { containers, queues, log, now }: QueueDeps,
  address: ConversationAddress,
  conversation: Stored<Conversation> | undefined,
  message: OutboundMessage,
): Promise<void> {
  const entry = { workspace_id: message.workspace_id, message_id: message.id }
  await queues.send('outbound-messages', { ...entry, guard: true }, { delaySeconds: GUARD_SECONDS })
  if (now().getTime() - Date.parse(message.created_at) > SLOWEST_REQUEST_MS) {
    throw new AppError('storage_unavailable', 'The message could not be queued in time; it was not sent: try again')
  }
  await store(containers, address, conversation, message)
  try {
    await queues.send('outbound-messages', { ...entry, guard: false })
  } catch (error) {
    log.warn('message.left_to_guard', { message_id: message.id, error })
  }
}

/** The conversation is made with its first message. */
async function store(
  containers: Pick<Deps['containers'], 'messages'>,
  address: ConversationAddress,
  conversation: Stored<Conversation> | undefined,
  message: OutboundMessage,
): Promise<void> {
  const messages = messageStore(containers)
  if (!conversation) {
    try {
      const document = newConversation(address, null, new Date(message.created_at))
      await messages.writeTogether(message, { kind: 'create', document })
      return
    } catch (error) {
      if (!isConflict(error)) throw error
      // Another first message made the conversation at the same time.
    }
  }
  await messages.create(message)
}
