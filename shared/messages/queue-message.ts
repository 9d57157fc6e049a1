/**
 * Takes a message in: who sends to whom is checked and resolved, the message is stored as `queued`, and its sending is
 * queued. The verbs beside this file say what is sent.
 */
import { contactForSend, contactWithNumber } from '../contacts/for-send.ts'
import { parsePhone, type PhoneNumber as PersonNumber } from '../contacts/phone.ts'
import { personKey } from '../contacts/person.ts'
import { isOptedOut } from '../contacts/schema.ts'
import type { Deps } from '../deps.ts'
import { AppError, fieldProblem } from '../errors.ts'
import type { WorkspaceId } from '../ids.ts'
import { resolvePhoneNumber } from '../phone-numbers/find.ts'
import type { PhoneNumber } from '../phone-numbers/schema.ts'
import { countingMessages } from '../workspaces/quotas.ts'
import type { WorkspacePlan } from '../workspaces/schema.ts'
import { sendingSettings } from '../workspaces/settings.ts'
import { placeFor } from './continue.ts'
import { isRefused, isWindowOpen } from './conversation.ts'
import { queueInPlace, type QueueDeps } from './queue-in-place.ts'
import type { Content, Conversation, OutboundMessage } from './schema.ts'
import { messageStore, type ConversationAddress } from './store.ts'

export interface WantedRoute {
  /** Of ours, by our id or Meta's digits. */
  phone_number_id: string
  to: string
}

/** What sending for a person takes: it counts in the month of the workspace. */
export type SendDeps = QueueDeps & Pick<Deps, 'messageCounts'>

/** From which number of ours to whom; nothing is written yet. */
export interface Route {
  workspaceId: WorkspaceId
  phoneNumber: PhoneNumber
  to: PersonNumber
  checkServiceWindow: boolean
  plan: WorkspacePlan
}

/** Throws `workspace_suspended`, and 422 naming the field. */
export async function findRoute(
  { containers }: Pick<Deps, 'containers'>,
  workspaceId: WorkspaceId,
  { phone_number_id, to }: WantedRoute,
): Promise<Route> {
  const { checkServiceWindow, plan } = await sendingSettings({ containers }, workspaceId)
  const phoneNumber = await resolvePhoneNumber({ containers }, workspaceId, phone_number_id)
  const person = parsePhone(to)
  if (!person.ok) throw fieldProblem(['body', 'to'], person.problem)
  return { workspaceId, phoneNumber, to: person.phone, checkServiceWindow, plan }
}

/** `windowed`: only while the service window is open. `marketing`: not to who opted out. */
export type Rule = 'windowed' | 'marketing' | 'any'

/** Checks what may go to this person now (409), then stores and queues the message. */
export async function queueMessage(
  deps: SendDeps,
  route: Route,
  rule: Rule,
  content: Content,
): Promise<OutboundMessage> {
  const { workspaceId, phoneNumber, to, plan } = route
  checkActive(phoneNumber)
  const now = deps.now()
  const [known, place] = await Promise.all([
    contactWithNumber(deps, workspaceId, to),
    placeFor(messageStore(deps.containers), addressOf(route), now.toISOString()),
  ])
  if (rule === 'marketing' && known && isOptedOut(known)) throw optedOut()
  if (rule === 'windowed' && route.checkServiceWindow) checkWindow(place.stored?.value, now)
  return countingMessages(deps, { workspaceId, plan, count: 1 }, async () => {
    const contact = await contactForSend(deps, workspaceId, to, known)
    return queueInPlace(deps, place, { phoneNumber, contactId: contact.id, toNumber: to.e164, content, quotes: null })
  })
}

function addressOf({ workspaceId, phoneNumber, to }: Route): ConversationAddress {
  return { workspaceId, phoneNumberId: phoneNumber.id, person: personKey(to.waId) }
}

export function checkActive({ status }: PhoneNumber): void {
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

export function checkWindow(conversation: Conversation | undefined, now: Date): void {
  if (isWindowOpen(conversation, now)) return
  const why = isRefused(conversation)
    ? 'Meta takes nothing but templates for this person until they write again (131047)'
    : 'This person did not write to this number within the last 24 hours'
  throw new AppError('outside_service_window', why, {
    details: {
      hint: 'Send a template: it may go at any time. The workspace setting check_service_window switches this check off',
    },
  })
}
