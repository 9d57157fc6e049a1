/** What the Functions host gave up on: to be looked at, moved back into its queue, or deleted. */
import type { QueueServiceClient } from '@azure/storage-queue'
import type { QueueName } from './resources.ts'
import { retrying } from './retry.ts'

const MOST_AT_ONCE = 32
/** Long enough to move a batch, short enough that a run which died keeps nobody waiting. */
const HIDDEN_SECONDS = 60
const NEVER_EXPIRES = -1

export interface PoisonMessage {
  /** When it was moved away. */
  since: Date
  text: string
}

/** The first of them; they stay where they are. */
export async function peekPoison(service: QueueServiceClient, queue: QueueName): Promise<PoisonMessage[]> {
  const { peekedMessageItems } = await service
    .getQueueClient(`${queue}-poison`)
    .peekMessages({ numberOfMessages: MOST_AT_ONCE })
  return peekedMessageItems.map(({ insertedOn, messageText }) => ({
    since: insertedOn,
    text: Buffer.from(messageText, 'base64').toString('utf8'),
  }))
}

/** Moves them back, each first sent and then deleted: one that is moved twice does nothing the second time. */
export function requeuePoison(service: QueueServiceClient, queue: QueueName): Promise<number> {
  const target = service.getQueueClient(queue)
  return takeAll(service, queue, async (text) => {
    await retrying(() => target.sendMessage(text, { messageTimeToLive: NEVER_EXPIRES }))
  })
}

export function dropPoison(service: QueueServiceClient, queue: QueueName): Promise<number> {
  return takeAll(service, queue, () => Promise.resolve())
}

/** Those that are there now: what fails again while this runs is left for the next time. */
async function takeAll(
  service: QueueServiceClient,
  queue: QueueName,
  take: (text: string) => Promise<void>,
): Promise<number> {
  const client = service.getQueueClient(`${queue}-poison`)
  const { approximateMessagesCount = 0 } = await client.getProperties()
  let taken = 0
  while (taken < approximateMessagesCount) {
    const numberOfMessages = Math.min(MOST_AT_ONCE, approximateMessagesCount - taken)
    const { receivedMessageItems } = await client.receiveMessages({
      numberOfMessages,
      visibilityTimeout: HIDDEN_SECONDS,
    })
    if (receivedMessageItems.length === 0) break
    for (const { messageText, messageId, popReceipt } of receivedMessageItems) {
      await take(messageText)
      await client.deleteMessage(messageId, popReceipt)
      taken++
    }
  }
  return taken
}
