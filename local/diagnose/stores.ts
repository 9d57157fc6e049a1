/** Are storage and Cosmos DB to be reached, and is everything there that the code declares? Nothing is written. */
import { MADE_BY_CODE } from '../../infra/resources.ts'
import { cosmosClient } from '../../shared/azure/cosmos.ts'
import { queueNames } from '../../shared/azure/provision.ts'
import { BLOB_CONTAINERS, CONTAINERS, TABLES, type ContainerDeclaration } from '../../shared/azure/resources.ts'
import { statusOf } from '../../shared/azure/retry.ts'
import { blobService, queueService, tableService } from '../../shared/azure/storage.ts'
import type { Config } from '../../shared/config.ts'
import { fine, found, wrong, type Finding } from './finding.ts'

const PATIENCE_MS = 15_000
const DEPLOY = 'provision once more: `azd provision`, or `npm run local:provision` for emulators'

export async function checkStores(config: Config): Promise<Finding[]> {
  const checks = await Promise.all([
    found('Queues', storageCure(config), () => queues(config)),
    found('Tables', storageCure(config), () => tables(config)),
    found('Blobs', storageCure(config), () => blobs(config)),
    found('Cosmos DB', cosmosCure(config), () => cosmos(config)),
  ])
  return checks.flat()
}

function storageCure({ storage }: Config): string {
  return storage.connectionString === undefined
    ? `check STORAGE_ACCOUNT_NAME (${storage.accountName ?? ''}), and that this identity has the three storage roles of infra/modules/roles.bicep`
    : 'check that Azurite runs and that AzureWebJobsStorage is the connection string it printed'
}

function cosmosCure({ cosmos: { endpoint, key } }: Config): string {
  return key === undefined
    ? `check COSMOS_ENDPOINT (${endpoint}), and that this identity has Cosmos DB Built-in Data Contributor: it is no ordinary role assignment`
    : `check that the emulator runs at COSMOS_ENDPOINT (${endpoint}) and that COSMOS_KEY is the key it printed`
}

function all(what: string, wanted: readonly string[], there: ReadonlySet<string>): Finding[] {
  const missing = wanted.filter((name) => !there.has(name))
  if (missing.length === 0) return [fine(what, `all ${wanted.length} are there`)]
  return [wrong(what, `missing: ${missing.join(', ')}`, DEPLOY)]
}

async function queues(config: Config): Promise<Finding[]> {
  const there = await names(queueService(config).listQueues({ abortSignal: AbortSignal.timeout(PATIENCE_MS) }))
  return all('Queues', queueNames(), there)
}

async function tables(config: Config): Promise<Finding[]> {
  const there = await names(tableService(config).listTables({ abortSignal: AbortSignal.timeout(PATIENCE_MS) }))
  return all(
    'Tables',
    Object.values(TABLES).filter((name) => !MADE_BY_CODE.has(name)),
    there,
  )
}

async function blobs(config: Config): Promise<Finding[]> {
  const there = await names(blobService(config).listContainers({ abortSignal: AbortSignal.timeout(PATIENCE_MS) }))
  return all('Blob containers', BLOB_CONTAINERS, there)
}

async function names(list: AsyncIterable<{ name?: string }>): Promise<Set<string>> {
  return new Set((await Array.fromAsync(list)).flatMap(({ name }) => name ?? []))
}

/** One by one: an identity that may read data may not list containers. */
async function cosmos(config: Config): Promise<Finding[]> {
  const client = cosmosClient(config)
  const database = client.database(config.cosmos.database)
  const abortSignal = AbortSignal.timeout(PATIENCE_MS)
  try {
    const there = new Set<string>()
    const differing: string[] = []
    const declared: [string, ContainerDeclaration][] = Object.entries(CONTAINERS)
    for (const [id, { partitionKey }] of declared) {
      const { resource } = await database.container(id).read({ abortSignal }).catch(absent)
      if (resource === undefined) continue
      there.add(id)
      if (resource.partitionKey?.paths.join() !== partitionKey.join()) differing.push(id)
    }
    const others = differing.map((id) =>
      wrong(
        'Cosmos DB',
        `${id} has another partition key than the code`,
        'name another COSMOS_DATABASE: keys cannot change',
      ),
    )
    return [...all('Cosmos DB containers', Object.keys(CONTAINERS), there), ...others]
  } finally {
    client.dispose()
  }
}

function absent(error: unknown): { resource: undefined } {
  if (statusOf(error) === 404) return { resource: undefined }
  throw error
}
