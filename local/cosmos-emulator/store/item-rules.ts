/** What an item must be to be stored: its id, its size, its partition key. */
import { badRequest, tooLarge, wrongPartitionKey } from '../errors.ts'
import { isObject } from '../json.ts'
import type { JsonObject, Value } from '../json.ts'
import { partitionOf } from './container.ts'
import type { ContainerSettings } from './container.ts'
import { isPrimitive, partitionText } from './keys.ts'
import type { PartitionText } from './keys.ts'

export const largestItemBytes = 2 * 1024 * 1024
const longestIdBytes = 1023
const longestPartitionKeyBytes = 2048

export function readItem(text: string): JsonObject {
  const document = parseBody(text)
  if (!isObject(document))
    throw badRequest('The input content is invalid because the request body is not a JSON object.')
  return document
}

export function parseBody(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw badRequest('The input content is invalid because it is not well-formed JSON.', { cause: error })
  }
}

export function checkId(document: JsonObject): string {
  const { id } = document
  if (id === undefined) {
    throw badRequest("The input content is invalid because the required properties - 'id; ' - are missing")
  }
  if (typeof id !== 'string' || id === '' || Buffer.byteLength(id) > longestIdBytes) {
    throw badRequest(
      `The input name '${JSON.stringify(id)}' is invalid. Ensure to provide a unique non-empty string less than '1024' characters.`,
    )
  }
  if (/[/\\#]/.test(id)) throw badRequest(`Id '${id}' contains illegal chars.`)
  return id
}

export function checkSize(body: string): void {
  // A character is at most three bytes, so most texts need not be measured.
  if (body.length * 3 > largestItemBytes && Buffer.byteLength(body) > largestItemBytes) throw tooLarge()
}

/** The partition key as the header carries it: a JSON array with one value per path; `{}` stands for a missing one. */
export function readPartitionKey(text: string | undefined, settings: ContainerSettings): Value[] {
  if (text === undefined) throw badRequest('PartitionKey value must be supplied for this operation.')
  const components = parsePartitionKey(text)
  if (components.length > settings.partitionPaths.length) {
    throw badRequest(
      'The partition key supplied in x-ms-partitionkey header has more components than defined in the collection.',
      { substatus: 1001 },
    )
  }
  if (components.length < settings.partitionPaths.length) {
    throw badRequest(
      'The partition key supplied in x-ms-partitionkey header has fewer components than defined in the collection.',
      { substatus: 1001 },
    )
  }
  return components
}

function parsePartitionKey(text: string): Value[] {
  const value = parseBody(text)
  if (!Array.isArray(value)) throw badRequest('The partition key header is not a JSON array.')
  return value.map((component: Value) => {
    if (isObject(component) && Object.keys(component).length === 0) return undefined
    if (!isPrimitive(component)) throw badRequest('A partition key must be a string, a number, a boolean or null.')
    return component
  })
}

/** The partition of a document, which must be the one its request names. */
export function checkPartition(document: JsonObject, partition: PartitionText, settings: ContainerSettings): void {
  if (partitionText(partitionOf(document, settings)) !== partition) throw wrongPartitionKey()
  if (partition.length * 3 > longestPartitionKeyBytes && Buffer.byteLength(partition) > longestPartitionKeyBytes) {
    throw badRequest('The partition key value is longer than the 2048 bytes allowed.')
  }
}
