/** Events of a kind that Herald does not act on: every change is kept for inspection. */
import type { Deps } from '../deps.ts'
import type { QueueMessage } from '../queue/messages.ts'
import { loadChanges } from './load.ts'
import { park } from './park.ts'

export async function parkMessages(
  deps: Pick<Deps, 'blobs' | 'log' | 'now'>,
  message: QueueMessage<'webhook-messages'>,
): Promise<void> {
  await park(deps, 'message', JSON.stringify(await loadChanges(deps, message)))
}
