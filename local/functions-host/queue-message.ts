/**
 * One queue message from fetch to end: kept invisible while its function runs, deleted when it succeeded, made visible
 * again after `visibilityTimeout` when it failed, moved to `<queue>-poison` when it failed too often or cannot be decoded.
 * Delivery is at least once: a host that lost its hold on a message goes on, and its delete is simply too late.
 */
import type { DequeuedMessageItem, QueueClient } from '@azure/storage-queue'
import type { RegisteredFunction, TypedData } from './core-types.ts'
import type { QueueConfig } from './host-config.ts'
import { invoke, newInvocation } from './invoke.ts'
import { errorFields, logEvent } from './log.ts'

export interface QueueConsumer {
  readonly fn: RegisteredFunction
  readonly queue: QueueClient
  readonly poisonQueue: QueueClient
  readonly config: QueueConfig
  readonly leaseSeconds: number
}

export async function processMessage(consumer: QueueConsumer, message: DequeuedMessageItem): Promise<void> {
  const lease = holdLease(consumer, message)
  const isDone = await run(consumer, message)
  const popReceipt = await lease.release()
  try {
    if (isDone === 'retry') await showAgain(consumer, message, popReceipt)
    else {
      if (isDone === 'poison') await moveToPoison(consumer, message)
      await consumer.queue.deleteMessage(message.messageId, popReceipt)
    }
  } catch (error) {
    // Another host holds the message by now, or has finished it: its outcome counts, ours is the known repetition.
    if (!isLeaseLost(error)) logEvent('error', 'queue.failed', { queue: consumer.queue.name, ...errorFields(error) })
  }
}

async function run(consumer: QueueConsumer, message: DequeuedMessageItem): Promise<'done' | 'retry' | 'poison'> {
  const { fn, config } = consumer
  // A host that died in the last try never counted its failure, so the count may already be over.
  if (message.dequeueCount > config.maxDequeueCount) return 'poison'
  const text = config.messageEncoding === 'base64' ? decodeBase64(message.messageText) : message.messageText
  if (text === undefined) {
    logEvent('warning', 'queue.undecodable', { queue: consumer.queue.name, message_id: message.messageId })
    return 'poison'
  }
  const invocation = newInvocation()
  invocation.inputData = [{ name: fn.trigger.name, data: { string: text } }]
  invocation.triggerMetadata = metadataOf(message, text)
  try {
    await invoke(fn, invocation)
    return 'done'
  } catch (error) {
    logEvent('error', 'function.error', {
      function: fn.metadata.name,
      invocation_id: invocation.invocationId,
      message_id: message.messageId,
      dequeue_count: message.dequeueCount,
      ...errorFields(error),
    })
    return message.dequeueCount >= config.maxDequeueCount ? 'poison' : 'retry'
  }
}

/** .NET's reading of base64: the alphabet and its padding, white space allowed. Others are not a message of ours. */
function decodeBase64(text: string): string | undefined {
  const compact = text.replace(/\s/g, '')
  const isBase64 = compact.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(compact)
  return isBase64 ? Buffer.from(compact, 'base64').toString('utf8') : undefined
}

function metadataOf(message: DequeuedMessageItem, text: string): Record<string, TypedData> {
  return {
    QueueTrigger: { string: text },
    Id: { string: message.messageId },
    PopReceipt: { string: message.popReceipt },
    DequeueCount: { int: message.dequeueCount },
    InsertionTime: { json: JSON.stringify(message.insertedOn) },
    ExpirationTime: { json: JSON.stringify(message.expiresOn) },
    NextVisibleTime: { json: JSON.stringify(message.nextVisibleOn) },
  }
}

/** Extends the invisibility at half time, as long as the function runs. Every extension changes the pop receipt. */
function holdLease(
  { queue, leaseSeconds }: QueueConsumer,
  message: DequeuedMessageItem,
): { release(): Promise<string> } {
  let popReceipt = message.popReceipt
  let extension = Promise.resolve()
  const extend = async () => {
    try {
      const answer = await queue.updateMessage(message.messageId, popReceipt, undefined, leaseSeconds)
      popReceipt = answer.popReceipt ?? popReceipt
    } catch (error) {
      logEvent('warning', 'queue.lease-lost', {
        queue: queue.name,
        message_id: message.messageId,
        ...errorFields(error),
      })
      if (isLeaseLost(error)) clearInterval(timer)
    }
  }
  const timer = setInterval(() => {
    extension = extension.then(extend)
  }, leaseSeconds * 500)
  return {
    async release() {
      clearInterval(timer)
      await extension
      return popReceipt
    },
  }
}

async function showAgain(
  { queue, config }: QueueConsumer,
  message: DequeuedMessageItem,
  popReceipt: string,
): Promise<void> {
  await queue.updateMessage(message.messageId, popReceipt, undefined, Math.round(config.visibilityTimeout / 1000))
}

/** Copy, then delete: dying in between leaves it in both places, never in none. */
async function moveToPoison({ queue, poisonQueue, fn }: QueueConsumer, message: DequeuedMessageItem): Promise<void> {
  await sendCreatingQueue(poisonQueue, message.messageText)
  logEvent('warning', 'queue.poison', {
    queue: queue.name,
    function: fn.metadata.name,
    message_id: message.messageId,
    dequeue_count: message.dequeueCount,
  })
}

/** Creates the queue when the first message for it arrives. */
async function sendCreatingQueue(queue: QueueClient, text: string): Promise<void> {
  try {
    await queue.sendMessage(text)
  } catch (error) {
    if (!isQueueMissing(error)) throw error
    await queue.createIfNotExists()
    await queue.sendMessage(text)
  }
}

export function isQueueMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'QueueNotFound'
}

function isLeaseLost(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error)) return false
  return error.code === 'PopReceiptMismatch' || error.code === 'MessageNotFound' || error.code === 'QueueNotFound'
}
