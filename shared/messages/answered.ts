/** Which message of ours a person answers: Meta names it by its wamid. */
import { surroundingsOf } from './content.ts'
import { conversationIdsOf } from './continue.ts'
import type { Answered, Conversation } from './schema.ts'
import type { MessageStore } from './store.ts'

/** Asks nothing where nothing is quoted. */
export async function answeredBy(
  store: MessageStore,
  conversation: Conversation,
  { direction, item }: { direction: 'inbound' | 'echo'; item: unknown },
): Promise<Answered | null> {
  const { quotes: wamid } = surroundingsOf(item)
  if (wamid === null || direction !== 'inbound') return null
  for (const id of conversationIdsOf(conversation)) {
    const message = await store.findByWamid(conversation.workspace_id, id, wamid)
    if (message) return { wamid, message_id: message.id, campaign_id: null }
  }
  return { wamid, message_id: null, campaign_id: null }
}
