/** Meta says that the service window of a person is closed, though it is open by what we know. */
import { retryingConflicts } from '../conflicts.ts'
import type { Deps } from '../deps.ts'
import { followed } from './continue.ts'
import type { OutboundMessage } from './schema.ts'
import { messageStore } from './store.ts'

/** Closed until the person writes again. `message` is the one that Meta refused. Safe to run again. */
export async function closeWindow(
  { containers, now }: Pick<Deps, 'containers' | 'now'>,
  { workspace_id, conversation_id, created_at: at }: OutboundMessage,
): Promise<void> {
  const store = messageStore(containers)
  await retryingConflicts(async () => {
    const stored = await followed(store, workspace_id, conversation_id)
    if (!stored || (stored.value.window_refused_at ?? '') >= at) return
    // What was written since then opens it, and so it stays open.
    if ((stored.value.last_inbound_at ?? '') > at) return
    await store.replaceConversation(stored, {
      ...stored.value,
      window_refused_at: at,
      updated_at: now().toISOString(),
    })
  })
}
