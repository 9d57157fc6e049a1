/** A person took another number, or got another user id: their conversation goes on under it. */
import { retryingConflicts } from '../conflicts.ts'
import type { Deps } from '../deps.ts'
import { goOn, placeFor } from './continue.ts'
import { isUserId } from './conversation.ts'
import { messageStore, type ConversationAddress } from './store.ts'

export interface ChangeOfPerson {
  from: string
  to: string
  /** Meta's time. From then on, the number may be somebody else's. */
  at: string
}

/** Safe to run again, also long after somebody else has begun to write from the earlier number. */
export async function continueAfterChange(
  { containers, now }: Pick<Deps, 'containers' | 'now'>,
  address: Omit<ConversationAddress, 'person'>,
  { from, to, at }: ChangeOfPerson,
): Promise<void> {
  if (from === to) return
  const store = messageStore(containers)
  await retryingConflicts(async () => {
    const stored = await store.findConversation({ ...address, person: from })
    if (!stored || stored.value.continued_in || (stored.value.begins_at ?? '') >= at) return
    const place = await placeFor(store, { ...address, person: to }, at)
    if (place.stored?.value.id === stored.value.id) return
    await goOn(store, stored, place, { at: isUserId(from) ? null : at, now: now() })
  })
}
