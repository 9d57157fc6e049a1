/**
 * Cosmos DB as the stores see it: documents with the version they were read at, written only over that version.
 *
 * A write whose answer was lost is repeated, by us or inside the SDK, and may then meet its own first attempt as a
 * conflict. So every written document carries a fresh `write_id`: on a conflict, the stored one tells whether it is ours.
 */
import { randomBytes } from 'node:crypto'
import {
  CosmosClient,
  type Container,
  type JSONObject,
  type OperationInput,
  type PartitionKey,
  type SqlParameter,
} from '@azure/cosmos'
import type { Config } from '../config.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import { AppError } from '../errors.ts'
import { retrying, statusOf } from './retry.ts'
import { credentialOf } from './credential.ts'
import { observedCosmos } from './observed-cosmos.ts'

export interface Document {
  id: string
}

/** A document and the version (ETag) it was read or written at. */
export interface Stored<T> {
  value: T
  etag: string
}

export type Parse<T> = (document: unknown) => T

export type BatchOperation<T extends Document> =
  { kind: 'create'; document: T } | { kind: 'replace'; document: T; etag: string } | { kind: 'upsert'; document: T }

export interface Query {
  text: string
  parameters?: Record<string, unknown>
  /** Absent only where a comment says why the query must see every partition. */
  partition?: PartitionKey
  maxItems?: number
}

/** One container. Methods throw AppError `conflict` where somebody else's write came first. */
export interface DocumentContainer {
  read<T>(id: string, partition: PartitionKey, parse: Parse<T>): Promise<Stored<T> | undefined>
  create<T extends Document>(document: T, partition: PartitionKey): Promise<Stored<T>>
  replace<T extends Document>(stored: Stored<T>, document: T, partition: PartitionKey): Promise<Stored<T>>
  remove(id: string, partition: PartitionKey, etag?: string): Promise<void>
  /** All operations or none (≤ 100, ≤ 2 MB, one partition). */
  batch(operations: BatchOperation<Document>[], partition: PartitionKey): Promise<void>
  query<T>(query: Query, parse: Parse<T>): Promise<T[]>
}

export function cosmosClient(config: Config, telemetry?: Telemetry): CosmosClient {
  const { endpoint, key } = config.cosmos
  return new CosmosClient({
    endpoint,
    ...(key === undefined ? { aadCredentials: credentialOf(config) } : { key }),
    connectionPolicy: { enableEndpointDiscovery: key === undefined },
    ...(telemetry ? { httpClient: observedCosmos(telemetry) } : {}),
  })
}

export function documentContainer(container: Container): DocumentContainer {
  return {
    async read(id, partition, parse) {
      const answer = await retrying(() => container.item(id, partition).read<JSONObject>())
      if (answer.statusCode === 404 || answer.resource === undefined) return undefined
      return { value: parse(answer.resource), etag: answer.etag }
    },
    create(document, partition) {
      return write(container, document, partition, (body) => container.items.create(body))
    },
    replace(stored, document, partition) {
      const accessCondition = { type: 'IfMatch', condition: stored.etag }
      return write(container, document, partition, (body) =>
        container.item(document.id, partition).replace(body, { accessCondition }),
      ).catch(deletedIsConflict)
    },
    async remove(id, partition, etag) {
      const options = etag === undefined ? {} : { accessCondition: { type: 'IfMatch', condition: etag } }
      try {
        await retrying(() => container.item(id, partition).delete(options))
      } catch (error) {
        if (statusOf(error) !== 404) throw conflictOr(error)
      }
    },
    batch: (operations, partition) => runBatch(container, operations, partition).catch(deletedIsConflict),
    async query({ text, parameters = {}, partition, maxItems }, parse) {
      const list: SqlParameter[] = Object.entries(parameters).map(([name, value]) => ({
        name: `@${name}`,
        // SqlParameter wants JSONValue; parameters are JSON by construction (strings, numbers, arrays of them).
        value: value as string,
      }))
      const options = {
        ...(partition === undefined ? {} : { partitionKey: partition }),
        ...(maxItems === undefined ? {} : { maxItemCount: maxItems }),
      }
      const answer = await retrying(() =>
        container.items.query<unknown>({ query: text, parameters: list }, options).fetchAll(),
      )
      return answer.resources.map(parse)
    },
  }
}

interface WriteAnswer {
  etag: string
}

async function write<T extends Document>(
  container: Container,
  document: T,
  partition: PartitionKey,
  send: (body: T & { write_id: string }) => Promise<WriteAnswer>,
): Promise<Stored<T>> {
  const body = { ...document, write_id: newWriteId() }
  try {
    const answer = await retrying(() => send(body))
    return { value: document, etag: answer.etag }
  } catch (error) {
    if (isConflict(error)) {
      const current = await storedWriteId(container, document.id, partition)
      if (current?.writeId === body.write_id) return { value: document, etag: current.etag }
    }
    throw conflictOr(error)
  }
}

/** Nobody reads the documents of a batch back: without this, the answer holds all of them. */
const NO_ECHO = { contentResponseOnWriteEnabled: false }

async function runBatch(container: Container, operations: BatchOperation<Document>[], partition: PartitionKey) {
  const writeId = newWriteId()
  const inputs = operations.map((operation) => toInput(operation, writeId))
  try {
    await retrying(async () => {
      const { result = [] } = await container.items.batch(inputs, partition, NO_ECHO)
      // 424 is what the others get when one operation failed.
      const failed = result.find(({ statusCode }) => statusCode >= 400 && statusCode !== 424)
      if (failed) throw Object.assign(new Error('A batch operation was refused'), { code: failed.statusCode })
    })
  } catch (error) {
    const [first] = operations
    if (first && isConflict(error)) {
      const current = await storedWriteId(container, first.document.id, partition)
      if (current?.writeId === writeId) return
    }
    throw conflictOr(error)
  }
}

function toInput(operation: BatchOperation<Document>, writeId: string): OperationInput {
  // The SDK's JSONObject has an index signature our interfaces lack; documents are plain JSON by construction.
  const resourceBody = { ...operation.document, write_id: writeId } as unknown as JSONObject
  if (operation.kind === 'create') return { operationType: 'Create', resourceBody }
  if (operation.kind === 'upsert') return { operationType: 'Upsert', resourceBody }
  return {
    operationType: 'Replace',
    id: operation.document.id,
    resourceBody: resourceBody,
    ifMatch: operation.etag,
  }
}

async function storedWriteId(container: Container, id: string, partition: PartitionKey) {
  const { resource, etag } = await retrying(() => container.item(id, partition).read<{ write_id?: string }>())
  return resource && { writeId: resource.write_id, etag }
}

function newWriteId(): string {
  return randomBytes(6).toString('base64url')
}

function isConflict(error: unknown): boolean {
  const status = statusOf(error)
  return status === 409 || status === 412
}

function conflictOr(error: unknown): unknown {
  if (!isConflict(error)) return error
  return new AppError('conflict', 'Somebody else changed this at the same time', { cause: error })
}

/** For writes over a version: what is not there any more. */
function deletedIsConflict(error: unknown): never {
  if (statusOf(error) !== 404) throw error
  throw new AppError('conflict', 'This was deleted at the same time', { cause: error })
}
