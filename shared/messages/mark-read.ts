/** Marks a conversation as read: nothing is unread any more, and Meta shows the person that it was read. */
import { retryingConflicts } from '../conflicts.ts'
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import type { WorkspaceId } from '../ids.ts'
import { phoneNumberOrNone } from '../phone-numbers/find.ts'
import { tokenOf } from '../phone-numbers/schema.ts'
import type { QueueMessage } from '../queue/messages.ts'
import { NOT_FOUND_WORDS } from '../workspaces/membership.ts'
import { followed } from './continue.ts'
import type { Conversation } from './schema.ts'
import { messageStore } from './store.ts'

/** Meta takes a receipt for so long. */
const MOST_AGE_MS = 30 * 24 * 60 * 60_000

/** Reading the latest message reads those before it. Safe to repeat: Meta is told of each message once. */
export async function markRead(
  { containers, queues, now }: Pick<Deps, 'containers' | 'queues' | 'now'>,
  workspaceId: WorkspaceId,
  id: string,
): Promise<Conversation> {
  const store = messageStore(containers)
  return retryingConflicts(async () => {
    const stored = await followed(store, workspaceId, id.toLowerCase())
    if (!stored) throw new AppError('conversation_not_found', NOT_FOUND_WORDS)
    const { unread_count, last_inbound_wamid: wamid, read_wamid, last_inbound_at: at } = stored.value
    const isNews = wamid !== null && wamid !== read_wamid
    if (unread_count === 0 && !isNews) return stored.value
    // Before the write: a receipt that is sent twice says nothing new, and one that is lost is never sent.
    if (isNews && at !== null && now().getTime() - Date.parse(at) < MOST_AGE_MS) {
      await queues.send('read-receipts', { workspace_id: workspaceId, conversation_id: stored.value.id, wamid })
    }
    const next = { ...stored.value, unread_count: 0, read_wamid: wamid, updated_at: now().toISOString() }
    return (await store.replaceConversation(stored, next)).value
  })
}

/** Refused for good is refused: nobody waits for a receipt. Anything else is tried again by the queue. */
export async function sendReadReceipt(
  deps: Pick<Deps, 'containers' | 'config' | 'graph' | 'log'>,
  { workspace_id, conversation_id, wamid }: QueueMessage<'read-receipts'>,
): Promise<void> {
  const stored = await messageStore(deps.containers).conversation(workspace_id, conversation_id)
  const phoneNumber = stored && (await phoneNumberOrNone(deps, workspace_id, stored.value.phone_number_id))
  if (phoneNumber?.status !== 'active') return
  const answer = await deps.graph.call({
    method: 'POST',
    path: `${phoneNumber.meta_id}/messages`,
    token: tokenOf(deps.config, phoneNumber),
    json: { messaging_product: 'whatsapp', status: 'read', message_id: wamid },
  })
  if (answer.kind === 'ok') return
  if (answer.kind !== 'refused') throw new Error(`The read receipt was not sent: ${answer.reason}`)
  deps.log.warn('conversation.receipt_refused', { conversation_id, code: answer.error.code })
}
