/** Which message of ours a person answers: Meta names it by its wamid. */
import type { Deps } from '../deps.ts'
import { recipientMessageId } from '../ids.ts'
import { findAnswered } from '../recipients/find-answered.ts'
import { wamidAnswered } from './content.ts'
import { conversationIdsOf } from './continue.ts'
import type { Received } from './receive.ts'
import type { Answered, Conversation } from './schema.ts'
import type { MessageStore } from './store.ts'

/** `again`: it may be one that is being sent right now, and is known in a moment. */
export interface FoundAnswer {
  answers: Answered | null
  again: boolean
}

/** Asks nothing where nothing is quoted. A single message of this conversation, or one of a campaign that the person got. */
export async function answeredBy(
  deps: Pick<Deps, 'containers' | 'now'>,
  store: MessageStore,
  conversation: Conversation,
  { direction, item, contactId, formerContactIds, isHistory }: Received,
): Promise<FoundAnswer> {
  const wamid = wamidAnswered(item)
  if (wamid === null || direction !== 'inbound') return { answers: null, again: false }
  const { workspace_id: workspaceId, phone_number_id: phoneNumberId } = conversation
  for (const id of conversationIdsOf(conversation)) {
    const message = await store.findByWamid(workspaceId, id, wamid)
    if (message) return { answers: { wamid, message_id: message.id, campaign_id: null }, again: false }
  }
  const contactIds = contactId === null ? [] : [contactId, ...formerContactIds]
  const found =
    isHistory || contactIds.length === 0
      ? undefined
      : await findAnswered(deps, { workspaceId, phoneNumberId, contactIds, wamid })
  if (found === undefined || found === 'sending') {
    return { answers: { wamid, message_id: null, campaign_id: null }, again: found === 'sending' }
  }
  const answers = { wamid, message_id: recipientMessageId(found), campaign_id: found.campaignId }
  return { answers, again: false }
}
