/** What is left of messages and conversations of a person who was erased: that there was one and when, and whose it was not any more. */
import { sha256Hex } from '../crypto/sha256.ts'
import { kindOf } from './kinds.ts'
import type { Conversation, Message } from './schema.ts'

/** Meta’s ids of messages have the person’s number in them. This one still tells whether the same message comes again. */
export function erasedWamid(wamid: string): string {
  return wamid.startsWith(MARK) ? wamid : `${MARK}${sha256Hex(wamid)}`
}

const MARK = 'erased:'

/** Undefined while it is on its way to Meta: what comes of that is recorded first. */
export function erasedMessage(message: Message, at: string): Message | undefined {
  const wamid = message.wa_message_id
  if (message.direction !== 'outbound') {
    const { errors_beside: _beside, ...rest } = message
    const kept = { received: { type: kindOf(message.received) }, sender: null, erased_at: at }
    const media = { state: 'failed' as const, media_id: null, problem: 'The person was erased', tries: 0 }
    const erased = { ...rest, ...kept, wa_message_id: erasedWamid(message.wa_message_id) }
    return erased.direction === 'inbound'
      ? { ...erased, answers: null, ...(message.media ? { media } : {}) }
      : { ...erased, ...(message.media ? { media } : {}) }
  }
  if (message.outcome === null && message.claim !== null && message.claim.until > at) return undefined
  const failed = { kind: 'failed' as const, code: 'erased', title: 'The person was erased', at }
  return {
    ...message,
    to_number: '',
    content: { type: 'text', text: '' },
    quotes: null,
    wa_message_id: wamid === null ? null : erasedWamid(wamid),
    outcome: message.outcome ?? failed,
    erased_at: at,
  }
}

export function erasedConversation(conversation: Conversation, at: string): Conversation {
  return {
    ...conversation,
    person: '',
    last_inbound_at: null,
    last_inbound_wamid: null,
    read_wamid: null,
    unread_count: 0,
    last_message: null,
    erased_at: at,
    updated_at: at,
  }
}

/** As somebody writes in it again. */
export function peopled(conversation: Conversation, person: string): Conversation {
  if (conversation.erased_at === undefined) return conversation
  const { erased_at: _erasedAt, ...rest } = conversation
  return { ...rest, person }
}
