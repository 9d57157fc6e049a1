/** Transactional batches (all or nothing, one partition) and bulk requests (each operation for itself). */
import { CosmosError, badRequest, tooLarge } from '../errors.ts'
import { isObject } from '../json.ts'
import type { Json, JsonObject } from '../json.ts'
import { refusedCharge, rounded } from '../request-units.ts'
import type { ContainerEntry } from '../store/catalog.ts'
import { checkId, largestItemBytes, parseBody, readPartitionKey } from '../store/item-rules.ts'
import * as items from '../store/items.ts'
import { partitionText } from '../store/keys.ts'
import { readPatchRequest } from '../store/patch.ts'
import { header, isSet, statusOf } from './exchange.ts'
import type { Account, Answer, Exchange } from './exchange.ts'
import { placeOf } from './item-routes.ts'

const mostOperations = 100

/** The answer to one operation, as JSON text, because documents are texts already. */
interface Outcome {
  status: number
  charge: number
  text: string
}

export function answerBatch(account: Account, container: ContainerEntry, exchange: Exchange): Answer {
  const place = placeOf(account, container, exchange)
  const operations = readOperations(exchange)
  for (const operation of operations) {
    const own = operation['partitionKey']
    if (own !== undefined && partitionOf(own, container) !== place.partition) {
      throw badRequest('The partition key of an operation is not that of the batch.', { substatus: 1001 })
    }
  }
  const isMinimal = header(exchange, 'prefer')?.includes('return=minimal') === true
  const outcomes: Outcome[] = []
  try {
    account.db.atomically(() => {
      for (const operation of operations) {
        const outcome = attempt(place, operation, isMinimal)
        outcomes.push(outcome)
        if (hasFailed(outcome)) throw new BatchFailed()
      }
    })
    return answerOf(200, outcomes)
  } catch (error) {
    if (!(error instanceof BatchFailed)) throw error
    const failed = outcomes.length - 1
    return answerOf(
      207,
      operations.map((_, index) => (index === failed ? outcomes[failed] : undefined) ?? dependent),
    )
  }
}

export function answerBulk(account: Account, container: ContainerEntry, exchange: Exchange): Answer {
  const goesOn = header(exchange, 'x-ms-cosmos-batch-continue-on-error')?.toLowerCase() !== 'false'
  const isMinimal = header(exchange, 'prefer')?.includes('return=minimal') === true
  const outcomes: Outcome[] = []
  for (const operation of readOperations(exchange)) {
    const isStopped = !goesOn && outcomes.some(hasFailed)
    outcomes.push(isStopped ? dependent : attempt({ container, now: account.now() }, operation, isMinimal))
  }
  return answerOf(outcomes.some(hasFailed) ? 207 : 200, outcomes)
}

export function isAtomic(exchange: Exchange): boolean {
  return isSet(exchange, 'x-ms-cosmos-batch-atomic')
}

class BatchFailed extends Error {}

function hasFailed({ status }: Outcome): boolean {
  return status >= 400
}

const dependent: Outcome = {
  status: 424,
  charge: 0,
  text: '{"statusCode":424,"requestCharge":0,"eTag":null,"resourceBody":null}',
}

function readOperations({ body }: Exchange): JsonObject[] {
  if (Buffer.byteLength(body) > largestItemBytes) throw tooLarge()
  const operations = parseBody(body)
  if (!Array.isArray(operations) || operations.length === 0 || !operations.every(isObject)) {
    throw badRequest('A batch is an array of operations, and not an empty one.')
  }
  if (operations.length > mostOperations) {
    throw badRequest(`Batch request has more operations than what is supported. The limit is ${mostOperations}.`)
  }
  return operations
}

function partitionOf(text: unknown, container: ContainerEntry): string {
  return partitionText(readPartitionKey(typeof text === 'string' ? text : undefined, container.settings))
}

/** Runs one operation; being refused is an outcome. Bulk operations name their own partition. */
function attempt(
  at: Omit<items.Place, 'partition'> & { partition?: string },
  operation: JsonObject,
  isMinimal: boolean,
): Outcome {
  try {
    const partition = at.partition ?? partitionOf(operation['partitionKey'], at.container)
    const result = perform({ ...at, partition }, operation)
    const isRead = operation['operationType'] === 'Read'
    return outcomeOf(result, isMinimal && !isRead)
  } catch (error) {
    if (!(error instanceof CosmosError)) throw error
    const answer = {
      ...statusOf(error),
      requestCharge: refusedCharge,
      eTag: null,
      resourceBody: null,
      message: error.message,
    }
    return { status: error.status, charge: refusedCharge, text: JSON.stringify(answer) }
  }
}

function outcomeOf({ status, charge, body, etag }: items.ItemResult, isMinimal: boolean): Outcome {
  const head = `{"statusCode":${status},"requestCharge":${charge}${etag === undefined ? '' : `,"eTag":${JSON.stringify(etag)}`}`
  return { status, charge, text: body === undefined || isMinimal ? `${head}}` : `${head},"resourceBody":${body}}` }
}

type Perform = (place: items.Place, operation: JsonObject, conditions: items.Conditions) => items.ItemResult

const performers: Record<string, Perform> = {
  Create: (place, { resourceBody }, conditions) => items.create(place, documentOf(resourceBody), conditions),
  Upsert: (place, { resourceBody }, conditions) => items.upsert(place, documentOf(resourceBody), conditions),
  Replace: (place, { id, resourceBody }, conditions) =>
    items.replace(place, idOf(id), documentOf(resourceBody), conditions),
  Patch: (place, { id, resourceBody }, conditions) =>
    items.patch(place, idOf(id), readPatchRequest(resourceBody), conditions),
  Read: (place, { id }, conditions) => items.read(place, idOf(id), conditions),
  Delete: (place, { id }, conditions) => items.remove(place, idOf(id), conditions),
}

function perform(place: items.Place, operation: JsonObject): items.ItemResult {
  const { operationType, ifMatch, ifNoneMatch } = operation
  const run = typeof operationType === 'string' && Object.hasOwn(performers, operationType) && performers[operationType]
  if (!run) throw badRequest(`The batch operation '${JSON.stringify(operationType ?? null)}' is not supported.`)
  return run(place, operation, { ifMatch: optionalText(ifMatch), ifNoneMatch: optionalText(ifNoneMatch) })
}

function idOf(id: Json | undefined): string {
  return checkId({ id: id ?? null })
}

function optionalText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function documentOf(body: unknown): JsonObject {
  if (!isObject(body)) throw badRequest('The operation has no document.')
  return body
}

function answerOf(status: number, outcomes: Outcome[]): Answer {
  const charge = rounded(outcomes.reduce((sum, outcome) => sum + outcome.charge, 0))
  return { status, charge, body: `[${outcomes.map((outcome) => outcome.text).join(',')}]` }
}
