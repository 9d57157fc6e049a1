/**
 * The floor that applying statuses is measured against: the same simulator sends as many statuses, as many in each
 * webhook, to a function of the same host that does nothing with them, while as many queue and table operations are made
 * as fast as they go.
 */
import { randomUUID } from 'node:crypto'
import { TableClient } from '@azure/data-tables'
import { QueueServiceClient } from '@azure/storage-queue'
import { whatsappRecord } from '../../local/stack/measure.ts'
import { startHost } from '../../local/stack/parts.ts'
import type { Counted } from './send.ts'
import type { Setting } from './setting.ts'

const QUEUE_WORKERS = 12
const MESSAGE = 'x'.repeat(40_000)
const WITHIN_MS = 120_000

/** Seconds for the statuses that the simulator holds back now, which are as many as were counted. */
export async function statusFloor(setting: Setting, counted: Counted, perPost: number): Promise<number> {
  const { stack, simulator, whatsapp } = setting
  const entry = new URL('bare-receiver.ts', import.meta.url).pathname
  const host = await startHost({
    entry,
    port: 0,
    environment: stack.settings,
    queueLeaseSeconds: undefined,
    onLine: () => undefined,
  })
  try {
    await simulator.behave({ batch_max: perPost })
    await simulator.sendWebhooksTo(`${host.url}/webhook`)
    const connection = stack.settings['AzureWebJobsStorage'] ?? ''
    const startMs = performance.now()
    const received = async (): Promise<void> => {
      await simulator.releaseWebhooks()
      if (!(await whatsappRecord(whatsapp.url).quiet(WITHIN_MS))) throw new Error('The floor took too long')
    }
    await Promise.all([
      received(),
      queueAll(connection, Math.round((counted.cost.queueOperations * counted.statuses) / 3)),
      tableAll(connection, Math.round(counted.cost.tableOperations * counted.statuses)),
    ])
    return (performance.now() - startMs) / 1000
  } finally {
    await simulator.holdWebhooks()
    await simulator.sendWebhooksTo(`${stack.url}/webhook`)
    await host.child.stop()
  }
}

async function queueAll(connection: string, messages: number): Promise<void> {
  const queue = QueueServiceClient.fromConnectionString(connection).getQueueClient(`floor-${randomUUID()}`)
  await queue.create()
  await times(messages, QUEUE_WORKERS, async () => {
    await queue.sendMessage(MESSAGE)
    const { receivedMessageItems } = await queue.receiveMessages()
    for (const { messageId, popReceipt } of receivedMessageItems) await queue.deleteMessage(messageId, popReceipt)
  })
}

async function tableAll(connection: string, operations: number): Promise<void> {
  const table = TableClient.fromConnectionString(connection, `floor${Date.now()}`, { allowInsecureConnection: true })
  await table.createTable()
  const cells = Object.fromEntries(['sent', 'delivered', 'read', 'failed'].map((name) => [name, new Uint8Array(512)]))
  let row = 0
  // One after the other: facts of a campaign are one lane.
  await times(operations, 1, async () => {
    await table.upsertEntity({ partitionKey: 'floor', rowKey: String(row++ % 100), ...cells }, 'Replace')
  })
}

async function times(count: number, atOnce: number, work: () => Promise<void>): Promise<void> {
  const turns = Array.from({ length: count }).keys()
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const _ of turns) await work()
    }),
  )
}
