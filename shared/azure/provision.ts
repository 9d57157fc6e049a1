/** Creates every declared resource where it is missing: for local development and tests. The cloud's come from infra/. */
import type { ContainerDefinition, CosmosClient, IndexingPolicy } from '@azure/cosmos'
import { PartitionKeyDefinitionVersion, PartitionKeyKind } from '@azure/cosmos'
import type { Config } from '../config.ts'
import { cosmosClient } from './cosmos.ts'
import { BLOB_CONTAINERS, CONTAINERS, QUEUES, TABLES, type ContainerDeclaration } from './resources.ts'
import { blobService, queueService, tableService } from './storage.ts'

/** Safe to run again and by several processes at once. */
export async function provision(config: Config, now: Date): Promise<void> {
  const cosmos = cosmosClient(config)
  await createContainers(cosmos, config.cosmos.database)
  cosmos.dispose()
  const tables = tableService(config)
  const blobs = blobService(config)
  const queues = queueService(config)
  await Promise.all([
    ...queueNames().map((name) => queues.getQueueClient(name).createIfNotExists()),
    ...[TABLES.pace, factsTable(now)].map((name) => tables.createTable(name)),
    ...BLOB_CONTAINERS.map((name) => blobs.getContainerClient(name).createIfNotExists()),
  ])
}

/** Every queue, and the one the Functions host moves a message to that failed too often. */
export function queueNames(): string[] {
  return QUEUES.flatMap((name) => [name, `${name}-poison`])
}

/** The facts of campaigns made in one month (UTC) share a table, so that an old month is dropped as one. */
export function factsTable(month: Date): string {
  return `${TABLES.facts}${month.getUTCFullYear()}${String(month.getUTCMonth() + 1).padStart(2, '0')}`
}

async function createContainers(cosmos: CosmosClient, databaseId: string): Promise<void> {
  const { database } = await cosmos.databases.createIfNotExists({ id: databaseId })
  for (const [id, declaration] of Object.entries(CONTAINERS)) {
    await database.containers.createIfNotExists(containerDefinition(id, declaration))
  }
}

/** What Cosmos DB is asked for, by provision() here and by the templates of infra/ in the cloud. */
export function containerDefinition(id: string, declaration: ContainerDeclaration): ContainerDefinition {
  const paths = [...declaration.partitionKey]
  return {
    id,
    partitionKey:
      paths.length === 1
        ? { paths, kind: PartitionKeyKind.Hash, version: PartitionKeyDefinitionVersion.V2 }
        : { paths, kind: PartitionKeyKind.MultiHash, version: PartitionKeyDefinitionVersion.V2 },
    indexingPolicy: indexingPolicy(declaration),
    ...(declaration.defaultTtl === undefined ? {} : { defaultTtl: declaration.defaultTtl }),
  }
}

function indexingPolicy({ indexed, composite }: ContainerDeclaration): IndexingPolicy {
  return {
    indexingMode: 'consistent',
    automatic: true,
    includedPaths: indexed.map((path) => ({ path: `${path}/?` })),
    excludedPaths: [{ path: '/*' }],
    compositeIndexes: composite.map((paths) =>
      paths.map((text) => {
        const [path = '', order = 'asc'] = text.split(' ')
        return { path, order: order === 'desc' ? 'descending' : 'ascending' }
      }),
    ),
  }
}
