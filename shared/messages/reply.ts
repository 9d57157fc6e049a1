/** Sends into a conversation: whatever WhatsApp takes, while the service window is open. */
import { contactOrNone } from '../contacts/for-send.ts'
import { AppError, fieldProblem } from '../errors.ts'
import type { WorkspaceId } from '../ids.ts'
import { MediaType } from '../media/file-types.ts'
import { resolvePhoneNumber } from '../phone-numbers/find.ts'
import { NOT_FOUND_WORDS } from '../workspaces/membership.ts'
import { countingMessages } from '../workspaces/quotas.ts'
import { sendingSettings } from '../workspaces/settings.ts'
import { conversationIdsOf, followed } from './continue.ts'
import { isGroup, isUserId } from './conversation.ts'
import { headerMedia } from './interactive-header.ts'
import { mediaToSend } from './media-to-send.ts'
import { queuedOnce, queueInPlace, type ToQueue } from './queue-in-place.ts'
import { checkActive, checkWindow, type SendDeps } from './queue-message.ts'
import type { ReplyRequest, ReplyType } from './reply-api.ts'
import type { Content, Conversation, OutboundMessage } from './schema.ts'
import { messageStore } from './store.ts'

/** Throws `conversation_not_found`, 409 with the way out, and 422 naming the field. */
export function reply(
  deps: SendDeps,
  workspaceId: WorkspaceId,
  conversationId: string,
  body: ReplyRequest,
): Promise<OutboundMessage> {
  return queuedOnce(deps, workspaceId, () => queueReply(deps, workspaceId, conversationId, body))
}

async function queueReply(
  deps: SendDeps,
  workspaceId: WorkspaceId,
  conversationId: string,
  body: ReplyRequest,
): Promise<OutboundMessage> {
  const store = messageStore(deps.containers)
  const { checkServiceWindow, plan } = await sendingSettings(deps, workspaceId)
  const stored = await followed(store, workspaceId, conversationId.toLowerCase())
  if (!stored) throw new AppError('conversation_not_found', NOT_FOUND_WORDS)
  const conversation = stored.value
  if (isGroup(conversation)) throw new AppError('conversation_not_writable', 'Groups can be read here, not written to')
  if (conversation.erased_at !== undefined) {
    throw new AppError('conversation_not_writable', 'The person of this conversation was erased')
  }
  const quoted = await quotedBy(deps, conversation, body)
  const content = await contentOf(deps, workspaceId, body, quoted)
  const phoneNumber = await resolvePhoneNumber(deps, workspaceId, conversation.phone_number_id)
  checkActive(phoneNumber)
  if (checkServiceWindow) checkWindow(conversation, deps.now())
  const contact = conversation.contact_id && (await contactOrNone(deps, workspaceId, conversation.contact_id))
  if (!contact) throw new AppError('conversation_not_writable', 'Nobody is known behind this conversation')
  const { person, phone_number_id: phoneNumberId } = conversation
  const toNumber = isUserId(person) ? person : (contact.phone_number ?? `+${person}`)
  const place = { stored, address: { workspaceId, phoneNumberId, person } }
  const quotes = body.type === 'reaction' ? null : quoted
  const message = { phoneNumber, contactId: contact.id, toNumber, content, quotes }
  return countingMessages(deps, { workspaceId, plan, count: 1 }, () => queueInPlace(deps, place, message))
}

/** The message that is quoted or reacted to: one of this conversation that WhatsApp has. */
async function quotedBy(
  { containers }: Pick<SendDeps, 'containers'>,
  conversation: Conversation,
  { message_id }: ReplyRequest,
): Promise<ToQueue['quotes']> {
  if (message_id === undefined) return null
  const found = await messageStore(containers).find(conversation.workspace_id, message_id.toLowerCase())
  const message = found?.value
  if (!message || !conversationIdsOf(conversation).includes(message.conversation_id)) {
    throw fieldProblem(['body', 'message_id'], 'No message of this conversation has this id')
  }
  if (message.wa_message_id === null) {
    throw new AppError('message_not_sent', 'WhatsApp has not taken the message that this one is about, or not yet')
  }
  return { id: message.id, wamid: message.wa_message_id }
}

async function contentOf(
  deps: SendDeps,
  workspaceId: WorkspaceId,
  body: ReplyRequest,
  quoted: ToQueue['quotes'],
): Promise<Content> {
  const { type, media_id = '', caption } = body
  if (type === 'interactive') return interactiveContent(deps, workspaceId, body)
  const made = MAKERS[type]?.(body, quoted)
  return made ?? mediaToSend(deps, workspaceId, { media_type: MediaType.parse(type), media_id, caption })
}

async function interactiveContent(
  deps: SendDeps,
  workspaceId: WorkspaceId,
  { interactive }: ReplyRequest,
): Promise<Content> {
  const mediaId = await headerMedia(deps, workspaceId, interactive?.header)
  return {
    type: 'interactive',
    interactive: interactive ?? {},
    ...(mediaId === undefined ? {} : { header_media_id: mediaId }),
  }
}

/** The request has the field that its type is about: see reply-api.ts. */
const MAKERS: Partial<Record<ReplyType, (body: ReplyRequest, quoted: ToQueue['quotes']) => Content>> = {
  text: ({ text = '' }) => ({ type: 'text', text }),
  location: ({ location = {} }) => ({ type: 'location', location }),
  contacts: ({ contacts = [] }) => ({ type: 'contacts', contacts }),
  reaction: ({ emoji }, quoted) => ({ type: 'reaction', wamid: quoted?.wamid ?? '', emoji: emoji ? emoji : null }),
}
