/** Sends queue messages as the Functions host expects them: JSON in base64, that never expire. */
import type { QueueServiceClient } from '@azure/storage-queue'
import type { Deps } from '../deps.ts'
import type { Queues } from '../queue/messages.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import type { Carried } from '../telemetry/work.ts'
import { retrying } from './retry.ts'
import { QUEUES, type QueueName } from './resources.ts'

const NEVER_EXPIRES = -1

/** Messages may be sent twice when an answer is lost: every handler is safe to run twice. */
export function storageQueues(
  service: QueueServiceClient,
  { telemetry, now }: Pick<Deps, 'telemetry' | 'now'>,
): Queues {
  const clients = new Map<QueueName, ReturnType<QueueServiceClient['getQueueClient']>>()
  const clientOf = (name: QueueName) => {
    const known = clients.get(name) ?? service.getQueueClient(name)
    clients.set(name, known)
    return known
  }
  const put = async (queue: QueueName, message: object, delaySeconds: number): Promise<void> => {
    const text = Buffer.from(JSON.stringify(message)).toString('base64')
    const options = { messageTimeToLive: NEVER_EXPIRES, visibilityTimeout: delaySeconds }
    await retrying(() => clientOf(queue).sendMessage(text, options))
  }
  return {
    send(queue, message, { delaySeconds = 0 } = {}) {
      const delay = Math.max(0, Math.ceil(delaySeconds))
      if (!telemetry) return put(queue, message, delay)
      const attributes = { 'messaging.destination.name': queue }
      return telemetry.span(`send ${queue}`, { kind: 'producer', attributes }, () =>
        put(queue, { ...message, ...carried(telemetry, now(), delay) }, delay),
      )
    },
  }
}

/** Who reads it drops what the schema of the queue does not name: an older version, or one without telemetry, too. */
function carried(telemetry: Telemetry, now: Date, delaySeconds: number): Carried {
  return { traceparent: telemetry.traceparent(), due_ms: now.getTime() + delaySeconds * 1000 }
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
