/** A message that a person sent, as an event. */
import type { Deps } from '../deps.ts'
import { derivedId } from '../ids.ts'
import type { InboundMessage, ReceivedMessage } from '../messages/schema.ts'

/**
 * After it is stored, and again whenever Meta repeats it: what was told is not told twice. What the business wrote
 * itself, and what is from before the number was connected, is no news.
 */
export async function publishReceived({ events }: Pick<Deps, 'events'>, message: ReceivedMessage): Promise<void> {
  if (message.direction !== 'inbound' || message.is_history) return
  const { id, workspace_id, conversation_id, contact_id, phone_number_id, wa_message_id, sent_at } = message
  await events.publish(workspace_id, [
    {
      id: derivedId('other', workspace_id, `message.received\n${id}`),
      type: 'message.received',
      timestamp: sent_at,
      data: {
        message_id: id,
        ...{ conversation_id, contact_id, phone_number_id, wa_message_id, sent_at },
        answers: answersIn(message),
        message: message.received,
        sender: message.sender,
      },
    },
  ])
}

function answersIn({ answers }: InboundMessage) {
  return answers && { wa_message_id: answers.wamid, message_id: answers.message_id, campaign_id: answers.campaign_id }
}
