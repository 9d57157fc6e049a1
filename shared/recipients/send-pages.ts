/**
 * Sends the pages that one queue message names: several of a fast number, because what a message costs, in the queue and
 * at the worker, would be a good part of what sending a page does.
 */
import type { QueueMessage } from '../queue/messages.ts'
import { sendPage, type SendDeps } from './send-page.ts'

/**
 * They are under way at the same time, so each of them waits for its slots as if it had come alone. Where one of them fails the
 * message comes again: for the others nothing is left to do then, or they are queued twice, and sent once.
 */
export async function sendPages(
  deps: SendDeps,
  { pages = 1, ...message }: QueueMessage<'outbound-sends'>,
): Promise<void> {
  const run = Array.from({ length: pages }, (_, index) => sendPage(deps, { ...message, page: message.page + index }))
  const failed = (await Promise.allSettled(run)).find((page) => page.status === 'rejected')
  if (failed) throw failed.reason
}
