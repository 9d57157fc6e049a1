/** One small read of each store, as cheap as there is one, that fails where the store or what is read in it is not there. */
import type { Database } from '@azure/cosmos'
import type { Config } from '../config.ts'
import { BLOB_CONTAINERS, QUEUES, TABLES, type ContainerName, type StoreName } from './resources.ts'
import { blobService, queueService, tableClient } from './storage.ts'

/** Throws where the store did not answer as it does when all is well; stops asking when the signal says so. */
export type StoreProbes = Record<StoreName, (abortSignal: AbortSignal) => Promise<void>>

const READ_FROM: ContainerName = 'directory'
/** No item and no row is in this partition. */
const NOBODY = 'ready'

export function storeProbes(config: Config, database: Database): StoreProbes {
  const directory = database.container(READ_FROM)
  const queue = queueService(config).getQueueClient(QUEUES[0])
  const blobs = blobService(config).getContainerClient(BLOB_CONTAINERS[0])
  const pace = tableClient(config, TABLES.pace)
  return {
    // A point read answers 404 for an item that is not there and for a container that is not: a query tells them apart.
    async cosmos(abortSignal) {
      await directory.items.query('SELECT TOP 1 c.id FROM c', { partitionKey: NOBODY, abortSignal }).fetchAll()
    },
    async queues(abortSignal) {
      await queue.getProperties({ abortSignal })
    },
    async blobs(abortSignal) {
      await blobs.getProperties({ abortSignal })
    },
    async tables(abortSignal) {
      const queryOptions = { filter: `PartitionKey eq '${NOBODY}'` }
      await pace.listEntities({ queryOptions, abortSignal }).next()
    },
  }
}
