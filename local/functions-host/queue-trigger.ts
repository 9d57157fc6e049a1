/**
 * Queue functions: for each, a loop that fetches messages as Azure's queue listener does. It fetches up to `batchSize`
 * whenever no more than `newBatchThreshold` run, so at most their sum run at once; finding nothing, it backs off from 100 ms
 * up to `maxPollingInterval`. A queue that does not exist is an empty one.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { QueueServiceClient, type DequeuedMessageItem } from '@azure/storage-queue'
import type { RegisteredFunction } from './core-types.ts'
import type { QueueConfig } from './host-config.ts'
import { errorFields, logEvent } from './log.ts'
import { isQueueMissing, processMessage, type QueueConsumer } from './queue-message.ts'
import { RunningWork } from './running-work.ts'
import { connectionString, resolveSettings } from './settings.ts'

export interface QueueTrigger {
  readonly queueName: string
  /** Fetches no more and waits for the running messages; false if some still ran when the time was over. */
  stop(graceMilliseconds: number): Promise<boolean>
}

export interface QueueOptions {
  readonly config: QueueConfig
  readonly environment: NodeJS.ProcessEnv
  readonly leaseSeconds: number
}

/** The loop tries again by itself; waiting as long as the SDK would only makes a stop slow. */
const retryOptions = { maxTries: 2, retryDelayInMs: 200 }

/** Reads the function's binding, so that what is wrong with it is known before anything starts. */
export function prepareQueueTrigger(fn: RegisteredFunction, options: QueueOptions): () => QueueTrigger {
  const { queueName, connection } = fn.trigger
  if (typeof queueName !== 'string') throw new Error(`Function "${fn.metadata.name}" names no queue`)
  const name = resolveSettings(queueName, options.environment)
  const setting = typeof connection === 'string' && connection !== '' ? connection : 'AzureWebJobsStorage'
  const service = QueueServiceClient.fromConnectionString(connectionString(setting, options.environment), {
    retryOptions,
  })
  const consumer: QueueConsumer = {
    fn,
    queue: service.getQueueClient(name),
    poisonQueue: service.getQueueClient(`${name}-poison`),
    config: options.config,
    leaseSeconds: options.leaseSeconds,
  }
  return () => startListening(consumer)
}

function startListening(consumer: QueueConsumer): QueueTrigger {
  const stopping = new AbortController()
  const running = new RunningWork()
  const loop = listen(consumer, running, stopping.signal)
  return {
    queueName: consumer.queue.name,
    async stop(graceMilliseconds) {
      stopping.abort()
      // What the last fetch brought is processed too: leaving it would hide it until its lease ends.
      const startedAt = Date.now()
      await Promise.race([loop, delay(graceMilliseconds, undefined, { ref: false })])
      return running.finished(startedAt + graceMilliseconds - Date.now())
    },
  }
}

async function listen(consumer: QueueConsumer, running: RunningWork, stopping: AbortSignal): Promise<void> {
  const { batchSize, newBatchThreshold, maxPollingInterval } = consumer.config
  const backOff = createBackOff(maxPollingInterval)
  let isFailing = false
  while (!stopping.aborted) {
    if (running.size > newBatchThreshold) {
      await Promise.race([running.oneEnds(), aborted(stopping)])
      continue
    }
    const messages = await receive(consumer, batchSize).catch((error: unknown) => {
      if (!isFailing) logEvent('error', 'queue.unreachable', { queue: consumer.queue.name, ...errorFields(error) })
      isFailing = true
      return undefined
    })
    if (messages) isFailing = false
    for (const message of messages ?? []) running.add(processMessage(consumer, message))
    if (messages && messages.length > 0) backOff.reset()
    else await delay(backOff.next(), undefined, { signal: stopping }).catch(() => undefined)
  }
}

async function receive({ queue, leaseSeconds }: QueueConsumer, count: number): Promise<DequeuedMessageItem[]> {
  try {
    const answer = await queue.receiveMessages({ numberOfMessages: count, visibilityTimeout: leaseSeconds })
    return answer.receivedMessageItems
  } catch (error) {
    if (isQueueMissing(error)) return []
    throw error
  }
}

const shortestWait = 100

/** Doubles each time, give or take a fifth, so that many hosts do not poll in step. */
export function createBackOff(longest: number): { next(): number; reset(): void } {
  let wait = shortestWait
  return {
    next() {
      const current = Math.min(wait, longest)
      wait = Math.min(wait * 2, longest)
      return Math.round(current * (0.8 + Math.random() * 0.4))
    },
    reset: () => void (wait = shortestWait),
  }
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
}
