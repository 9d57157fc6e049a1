/**
 * Cosmos DB as the stores see it: documents with the version they were read at, written only over that version.
 *
 * A write whose answer was lost is repeated, and may then meet its own first attempt as a conflict. So every written
 * document carries a fresh `write_id`; after a repeated write conflicts, the stored one tells whether it is ours.
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
import { AppError } from '../errors.ts'
import { retrying, statusOf } from './retry.ts'
import { credentialOf } from './credential.ts'

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
  /** Each operation on its own, in one request: 409 and 412 are results here, in the order of the operations. */
  bulk(operations: BatchOperation<Document>[], partition: PartitionKey): Promise<BulkResult[]>
  query<T>(query: Query, parse: Parse<T>): Promise<T[]>
}

export type BulkResult = 'done' | 'conflict'

export function cosmosClient(config: Config): CosmosClient {
  const { endpoint, key } = config.cosmos
  return new CosmosClient({
    endpoint,
    ...(key === undefined ? { aadCredentials: credentialOf(config) } : { key }),
    connectionPolicy: { enableEndpointDiscovery: key === undefined },
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
      )
    },
    async remove(id, partition, etag) {
      const options = etag === undefined ? {} : { accessCondition: { type: 'IfMatch', condition: etag } }
      try {
        await retrying(() => container.item(id, partition).delete(options))
      } catch (error) {
        if (statusOf(error) !== 404) throw conflictOr(error)
      }
    },
    batch: (operations, partition) => runBatch(container, operations, partition),
    bulk: (operations, partition) => runBulk(container, operations, partition),
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
  let attempts = 0
  try {
    const answer = await retrying((attempt) => {
      attempts = attempt + 1
      return send(body)
    })
    return { value: document, etag: answer.etag }
  } catch (error) {
    if (attempts > 1 && isConflict(error)) {
      const current = await storedWriteId(container, document.id, partition)
      if (current?.writeId === body.write_id) return { value: document, etag: current.etag }
    }
    throw conflictOr(error)
  }
}

async function runBatch(container: Container, operations: BatchOperation<Document>[], partition: PartitionKey) {
  const writeId = newWriteId()
  const inputs = operations.map((operation) => toInput(operation, writeId))
  let attempts = 0
  const answer = await retrying(async (attempt) => {
    attempts = attempt + 1
    const response = await container.items.batch(inputs, partition)
    const failed = (response.result ?? [])
      .map((result) => result.statusCode)
      .find((status) => status >= 400 && status !== 424)
    if (failed !== undefined && failed !== 409 && failed !== 412)
      throw Object.assign(new Error('batch failed'), { code: failed })
    return failed
  })
  if (answer === undefined) return
  const first = operations[0]
  const mine =
    attempts > 1 && first && (await storedWriteId(container, first.document.id, partition))?.writeId === writeId
  if (!mine) throw new AppError('conflict', 'Somebody else changed this at the same time')
}

async function runBulk(
  container: Container,
  operations: BatchOperation<Document>[],
  partition: PartitionKey,
): Promise<BulkResult[]> {
  const writeId = newWriteId()
  const results = new Array<BulkResult>(operations.length).fill('done')
  let open = operations.map((_operation, index) => index)
  let attempts = 0
  while (open.length > 0) {
    const batch = open
    attempts++
    const inputs = batch.map((index) => {
      const operation = operations[index]
      if (!operation) throw new RangeError('bulk index')
      return { ...toInput(operation, writeId), partitionKey: partition }
    })
    const answers = await retrying(() => container.items.executeBulkOperations(inputs as OperationInput[]))
    open = batch.filter((index, at) => {
      const status = answers[at]?.response?.statusCode ?? statusOf(answers[at]?.error) ?? 500
      if (status === 409 || status === 412) results[index] = 'conflict'
      else if (status >= 400) return true
      return false
    })
    if (open.length > 0 && attempts >= 5) throw new AppError('storage_unavailable', 'The store did not take a write')
  }
  return results
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
  if (isConflict(error))
    return new AppError('conflict', 'Somebody else changed this at the same time', { cause: error })
  if (statusOf(error) === 404) return new AppError('conflict', 'This was deleted at the same time', { cause: error })
  return error
}
