/**
 * The floor that applying statuses is measured against: the same simulator sends as many statuses, as many in each
 * webhook, to a function of the same host that does nothing with them, while storage is asked for the same as fast as it
 * goes: as many queue messages and blobs of the same size, and as many table transactions with as many rows in each.
 * (Rows and sizes follow from what was counted; a floor of small messages and single rows would be another world's.)
 */
import { randomUUID } from 'node:crypto'
import { TableClient, type TransactionAction } from '@azure/data-tables'
import { BlobServiceClient } from '@azure/storage-blob'
import { QueueServiceClient } from '@azure/storage-queue'
import { whatsappRecord } from '../../local/stack/measure.ts'
import { startHost } from '../../local/stack/parts.ts'
import { atOnce } from '../../shared/at-once.ts'
import { PAGE_SIZE } from '../../shared/recipients/page.ts'
import type { Counted } from './send.ts'
import type { Setting } from './setting.ts'

const WORKERS = 12
/** Of a status as it is stored, and of what stands around those of one webhook. */
const STATUS_BYTES = 440
const WEBHOOK_BYTES = 240
/** A larger one is a blob, and the message names it (shared/webhooks/intake.ts). */
const MESSAGE_BYTES = 47_800
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
      queueAll(connection, counted),
      blobAll(connection, counted),
      tableAll(connection, counted),
    ])
    return (performance.now() - startMs) / 1000
  } finally {
    await simulator.holdWebhooks()
    await simulator.sendWebhooksTo(`${stack.url}/webhook`)
    await host.child.stop()
  }
}

async function queueAll(connection: string, { statuses, posts, cost }: Counted): Promise<void> {
  const queue = QueueServiceClient.fromConnectionString(connection).getQueueClient(`floor-${randomUUID()}`)
  await queue.create()
  const messages = Math.round(cost.queuePuts * statuses)
  const bytes = (statuses * STATUS_BYTES + posts * WEBHOOK_BYTES) / messages
  const text = Buffer.alloc(bytes > MESSAGE_BYTES ? 100 : bytes, 'x').toString('base64')
  await atOnce(WORKERS, Array.from({ length: messages }), async () => {
    await queue.sendMessage(text)
    const { receivedMessageItems } = await queue.receiveMessages()
    for (const { messageId, popReceipt } of receivedMessageItems) await queue.deleteMessage(messageId, popReceipt)
  })
}

/** Written and read once. */
async function blobAll(connection: string, { statuses, posts, blobOperations }: Counted): Promise<void> {
  const container = BlobServiceClient.fromConnectionString(connection).getContainerClient(`floor-${randomUUID()}`)
  await container.create()
  const content = Buffer.alloc((statuses / posts) * STATUS_BYTES + WEBHOOK_BYTES, 'x')
  await atOnce(WORKERS, Array.from({ length: Math.round(blobOperations / 2) }), async () => {
    const blob = container.getBlockBlobClient(randomUUID())
    await blob.uploadData(content)
    await blob.downloadToBuffer()
  })
}

async function tableAll(connection: string, { statuses, cost, recipients, campaigns }: Counted): Promise<void> {
  const table = TableClient.fromConnectionString(connection, `floor${Date.now()}`, { allowInsecureConnection: true })
  await table.createTable()
  const columns = ['sent', 'delivered', 'read'].map((name): [string, Uint8Array] => [
    name,
    new Uint8Array(PAGE_SIZE * 4),
  ])
  const cells = { ...Object.fromEntries(columns), outcomes: 'a'.repeat(PAGE_SIZE) }
  const transactions = Math.round(cost.tableOperations * statuses)
  const rows = pagesHit(Math.ceil(recipients / campaigns / PAGE_SIZE), statuses / transactions)
  let turn = 0
  // The facts of a campaign are written one after the other.
  await atOnce(campaigns, Array.from({ length: transactions }), async () => {
    const partitionKey = String(turn++ % campaigns)
    const actions = Array.from({ length: rows }, (_, row): TransactionAction => [
      'upsert',
      { partitionKey, rowKey: String(row), ...cells },
      'Replace',
    ])
    await table.submitTransaction(actions)
  })
}

/** How many different pages so many statuses of anybody are about; a transaction takes 100 at most. */
function pagesHit(pages: number, statuses: number): number {
  return Math.min(100, Math.max(1, Math.round(pages * (1 - (1 - 1 / pages) ** statuses))))
}
