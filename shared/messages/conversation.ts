/** Rules of conversations: who counts as the same person, and when the service window is open. */
import { conversationId, conversationKey } from '../ids.ts'
import type { Conversation } from './schema.ts'
import type { ConversationAddress } from './store.ts'

/** Within this time after a person wrote, anything may be sent to them; later only templates. */
const WINDOW_MS = 24 * 60 * 60_000

/**
 * The person behind a WhatsApp id, in one form. Meta reports some mobile numbers differently than they are dialled:
 * in Brazil without the ninth digit, in Mexico with a 1 and in Argentina with a 9 after the country code.
 */
export function personOf(waId: string): string {
  return waId
    .replace(/^55(\d\d)9([6-9]\d{7})$/, '55$1$2')
    .replace(/^521(\d{10})$/, '52$1')
    .replace(/^549(\d{10})$/, '54$1')
}

export function newConversation(address: ConversationAddress, lastInboundAt: string | null, now: Date): Conversation {
  const { workspaceId, phoneNumberId, person } = address
  const at = now.toISOString()
  return {
    id: conversationId(workspaceId, phoneNumberId, person),
    workspace_id: workspaceId,
    conversation: conversationKey(workspaceId, phoneNumberId, person),
    type: 'conversation',
    v: 1,
    phone_number_id: phoneNumberId,
    person,
    last_inbound_at: lastInboundAt,
    created_at: at,
    updated_at: at,
  }
}

export function isWindowOpen(conversation: Conversation | undefined, now: Date): boolean {
  const wroteAt = conversation?.last_inbound_at ?? null
  return wroteAt !== null && now.getTime() - Date.parse(wroteAt) < WINDOW_MS
}
