/** Sends queue messages as the Functions host expects them: JSON in base64, that never expire. */
import type { QueueServiceClient } from '@azure/storage-queue'
import type { Queues } from '../queue/messages.ts'
import { retrying } from './retry.ts'
import { QUEUES, type QueueName } from './resources.ts'

const NEVER_EXPIRES = -1

/** Messages may be sent twice when an answer is lost: every handler is safe to run twice. */
export function storageQueues(service: QueueServiceClient): Queues {
  const clients = new Map<QueueName, ReturnType<QueueServiceClient['getQueueClient']>>()
  const clientOf = (name: QueueName) => {
    const known = clients.get(name) ?? service.getQueueClient(name)
    clients.set(name, known)
    return known
  }
  return {
    async send(queue, message, { delaySeconds = 0 } = {}) {
      const text = Buffer.from(JSON.stringify(message)).toString('base64')
      const options = { messageTimeToLive: NEVER_EXPIRES, visibilityTimeout: Math.max(0, Math.ceil(delaySeconds)) }
      await retrying(() => clientOf(queue).sendMessage(text, options))
    },
  }
}

export interface QueueDepth {
  queue: QueueName
  depth: number
}

/** How many messages of each queue failed too often and were moved away by the host. */
export function poisonDepths(service: QueueServiceClient): () => Promise<QueueDepth[]> {
  return () =>
    Promise.all(
      QUEUES.map(async (queue) => {
        const client = service.getQueueClient(`${queue}-poison`)
        const { approximateMessagesCount = 0 } = await retrying(() => client.getProperties())
        return { queue, depth: approximateMessagesCount }
      }),
    )
}
