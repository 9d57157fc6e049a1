/** An emulator in memory, a real SDK client against it, and containers on demand. */
import { createHmac } from 'node:crypto'
import { CosmosClient } from '@azure/cosmos'
import type {
  BulkOptions,
  Container,
  ContainerRequest,
  Database,
  ErrorResponse,
  FeedOptions,
  OperationInput,
  OperationResponse,
  SqlQuerySpec,
} from '@azure/cosmos'
import { startCosmosEmulator } from '../../../local/cosmos-emulator/server.ts'
import type { CosmosEmulator, CosmosEmulatorOptions } from '../../../local/cosmos-emulator/server.ts'

interface Ask {
  body?: string
  headers?: Record<string, string>
}

export interface World {
  emulator: CosmosEmulator
  client: CosmosClient
  database: Database
  /** A new container; partitioned by `/pk` unless told otherwise. */
  aContainer: (definition?: Partial<ContainerRequest>) => Promise<Container>
  control: (method: string, path: string, body?: unknown) => Promise<Response>
  /** A signed request without the SDK, for what the SDK would not send. */
  ask: (method: string, parent: string, type: string, init: Ask) => Promise<Response>
  close: () => Promise<void>
}

export async function startWorld(options: CosmosEmulatorOptions = {}): Promise<World> {
  const emulator = await startCosmosEmulator(options)
  const client = clientOf(emulator)
  const { database } = await client.databases.createIfNotExists({ id: 'test' })
  let count = 0
  return {
    emulator,
    client,
    database,
    async aContainer(definition = {}) {
      const id = `container-${++count}`
      const { container } = await database.containers.create({ id, partitionKey: { paths: ['/pk'] }, ...definition })
      return container
    },
    control: (method, path, body) =>
      fetch(`${emulator.url}/_emulator/${path}`, {
        method,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    ask: (method, parent, type, init) =>
      fetch(`${emulator.url}/${parent}/${type}`, {
        method,
        ...init,
        headers: { ...signed(emulator.key, [method, type, parent]), ...init.headers },
      }),
    async close() {
      client.dispose()
      await emulator.close()
    },
  }
}

function signed(key: string, [method, type, parent]: [string, string, string]): Record<string, string> {
  const date = new Date().toUTCString()
  const text = `${method.toLowerCase()}\n${type}\n${parent}\n${date.toLowerCase()}\n\n`
  const signature = createHmac('sha256', Buffer.from(key, 'base64')).update(text).digest('base64')
  return { authorization: encodeURIComponent(`type=master&ver=1.0&sig=${signature}`), 'x-ms-date': date }
}

export function clientOf({ url, key }: { url: string; key: string }): CosmosClient {
  return new CosmosClient({ endpoint: url, key })
}

/** What a call is refused with, as the SDK tells it; the SDK wraps the errors of batches and bulks. */
export async function refusalOf(call: Promise<unknown>): Promise<ErrorResponse> {
  try {
    await call
  } catch (error) {
    const { cause } = error as Error
    return (cause ?? error) as ErrorResponse
  }
  throw new Error('It was not refused')
}

export async function all<T = unknown>(
  container: Container,
  query: string | SqlQuerySpec,
  options: FeedOptions = {},
): Promise<T[]> {
  const { resources } = await container.items.query<T>(query, options).fetchAll()
  return resources
}

/** A bulk request, sent at once. */
export function bulk(
  container: Container,
  operations: OperationInput[],
  options?: BulkOptions,
): Promise<OperationResponse[]> {
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- its successor waits a second before it sends
  return container.items.bulk(operations, options)
}

/** The status a call ends with, if it is refused. */
export async function codeOf(call: Promise<{ statusCode: number }>): Promise<number> {
  try {
    return (await call).statusCode
  } catch (error) {
    return Number((error as { code: unknown }).code)
  }
}

/** Fills a container with one bulk request after another. */
export async function fill(container: Container, items: { id: string; [name: string]: unknown }[]): Promise<void> {
  for (let from = 0; from < items.length; from += 100) {
    const operations = items.slice(from, from + 100).map((resourceBody) => ({
      operationType: 'Create' as const,
      resourceBody: resourceBody as { id: string; pk: string },
    }))
    const results = await bulk(container, operations)
    const failed = results.find((result) => result.statusCode !== 201)
    if (failed) throw new Error(`An item was answered ${failed.statusCode}`)
  }
}
