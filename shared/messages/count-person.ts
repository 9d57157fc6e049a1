/** Counts whom a template is the first to reach in a day, beside the campaigns' recipients: what Meta limits is all of them. */
import type { Deps } from '../deps.ts'
import { portfolioOf, usersPerDay, type PhoneNumber } from '../phone-numbers/schema.ts'
import { isWindowOpen } from './conversation.ts'
import type { OutboundMessage } from './schema.ts'
import { messageStore } from './store.ts'

/**
 * So that campaigns leave what Meta allows the portfolio. A single message itself waits for no room: Meta's count
 * decides, and whoever sent it is told.
 */
export async function countPerson(
  { containers, now, pacer }: Pick<Deps, 'containers' | 'now' | 'pacer'>,
  number: PhoneNumber,
  { workspace_id, conversation_id, content, to_number }: OutboundMessage,
): Promise<void> {
  const limit = usersPerDay(number)
  if (limit === undefined || content.type !== 'template') return
  const conversation = await messageStore(containers).conversation(workspace_id, conversation_id)
  if (isWindowOpen(conversation?.value, now())) return
  await pacer.roomFor(portfolioOf(number), { limit, users: [to_number] })
}
