/** What one host of the floor asks of storage: as many operations of the same size as a run of Herald's was counted to need. */
import { randomUUID } from 'node:crypto'
import { TableClient, type TransactionAction } from '@azure/data-tables'
import { BlobServiceClient } from '@azure/storage-blob'
import { QueueServiceClient } from '@azure/storage-queue'
import * as z from 'zod'
import { atOnce } from '../../shared/at-once.ts'
import { PAGE_SIZE } from '../../shared/recipients/page.ts'

const WORKERS = 12

const many = z.object({ count: z.int(), bytes: z.int() })

export const StorageWork = z.object({
  /** Put, received and deleted. */
  messages: many,
  /** Written and read once. */
  blobs: many,
  /** The facts of a campaign are written one transaction after the other. */
  transactions: z.object({ count: z.int(), rows: z.int(), campaigns: z.int() }),
  /** That of the campaigns' facts: the emulator takes the longer for a write the more its table holds. */
  table: z.string(),
  /** Begins the partitions that are written to. */
  partition: z.string(),
})
export type StorageWork = z.output<typeof StorageWork>

export async function doStorageWork(connection: string, work: StorageWork): Promise<void> {
  await Promise.all([queueAll(connection, work), blobAll(connection, work), tableAll(connection, work)])
}

async function queueAll(connection: string, { messages: { count, bytes } }: StorageWork): Promise<void> {
  const queue = QueueServiceClient.fromConnectionString(connection).getQueueClient(`floor-${randomUUID()}`)
  await queue.create()
  const text = Buffer.alloc(bytes, 'x').toString('base64')
  await atOnce(WORKERS, Array.from({ length: count }), async () => {
    await queue.sendMessage(text)
    const { receivedMessageItems } = await queue.receiveMessages()
    for (const { messageId, popReceipt } of receivedMessageItems) await queue.deleteMessage(messageId, popReceipt)
  })
}

async function blobAll(connection: string, { blobs: { count, bytes } }: StorageWork): Promise<void> {
  const container = BlobServiceClient.fromConnectionString(connection).getContainerClient(`floor-${randomUUID()}`)
  await container.create()
  const content = Buffer.alloc(bytes, 'x')
  await atOnce(WORKERS, Array.from({ length: count }), async () => {
    const blob = container.getBlockBlobClient(randomUUID())
    await blob.uploadData(content)
    await blob.downloadToBuffer()
  })
}

async function tableAll(connection: string, { transactions, table: name, partition }: StorageWork): Promise<void> {
  const { count, rows, campaigns } = transactions
  const table = TableClient.fromConnectionString(connection, name, { allowInsecureConnection: true })
  const columns = ['sent', 'delivered', 'read'].map((column): [string, Uint8Array] => [
    column,
    new Uint8Array(PAGE_SIZE * 4),
  ])
  const cells = { ...Object.fromEntries(columns), outcomes: 'a'.repeat(PAGE_SIZE) }
  let turn = 0
  await atOnce(campaigns, Array.from({ length: count }), async () => {
    const partitionKey = `${partition}-${turn++ % campaigns}`
    const actions = Array.from({ length: rows }, (_, row): TransactionAction => [
      'upsert',
      { partitionKey, rowKey: String(row), ...cells },
      'Replace',
    ])
    await table.submitTransaction(actions)
  })
}

/** Later campaigns find the table as they would without the floor. */
export async function clearTable(connection: string, { table: name, partition }: StorageWork): Promise<void> {
  const table = TableClient.fromConnectionString(connection, name, { allowInsecureConnection: true })
  const filter = `PartitionKey ge '${partition}' and PartitionKey lt '${partition}~'`
  for await (const { partitionKey = '', rowKey = '' } of table.listEntities({ queryOptions: { filter } })) {
    await table.deleteEntity(partitionKey, rowKey)
  }
}
