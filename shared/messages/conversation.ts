/** Rules of conversations: how one begins, and when the service window is open. */
import { conversationId, conversationKey } from '../ids.ts'
import type { Conversation } from './schema.ts'
import type { ConversationAddress } from './store.ts'

/** Within this time after a person wrote, anything may be sent to them; later only templates. */
const WINDOW_MS = 24 * 60 * 60_000

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
