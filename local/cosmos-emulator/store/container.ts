/** A container as the emulator runs it: its definition, read once, and the rules that follow from it. */
import { badRequest } from '../errors.ts'
import { isObject, valueAt } from '../json.ts'
import type { Json, JsonObject, Value } from '../json.ts'
import { defaultIndexingPolicy, parsePath, readIndexingPolicy } from './indexing-policy.ts'
import type { IndexingPolicy } from './indexing-policy.ts'
import { isPrimitive } from './keys.ts'

export interface ContainerSettings {
  id: string
  partitionPaths: string[][]
  isHierarchical: boolean
  /** Undefined: TTL is off; -1: on, items live for ever unless they say otherwise. */
  defaultTtl: number | undefined
  uniqueKeys: string[][][]
  indexing: IndexingPolicy
}

/** The definition with what the service fills in, as it is answered. */
export function completeDefinition(input: JsonObject): JsonObject {
  const partitionKey = isObject(input['partitionKey']) ? input['partitionKey'] : {}
  const isHierarchical = partitionKey['kind'] === 'MultiHash'
  const indexingPolicy = isObject(input['indexingPolicy']) ? input['indexingPolicy'] : {}
  return {
    ...input,
    indexingPolicy: withDefaults(indexingPolicy),
    partitionKey: { version: isHierarchical ? 2 : 1, kind: 'Hash', ...partitionKey },
    conflictResolutionPolicy: {
      mode: 'LastWriterWins',
      conflictResolutionPath: '/_ts',
      conflictResolutionProcedure: '',
    },
    geospatialConfig: { type: 'Geography' },
  }
}

function withDefaults(policy: JsonObject): JsonObject {
  const isNone = policy['indexingMode'] === 'none'
  const hasPaths = 'includedPaths' in policy || 'excludedPaths' in policy
  return isNone || hasPaths
    ? { indexingMode: 'consistent', automatic: !isNone, ...policy }
    : { ...defaultIndexingPolicy, ...policy }
}

export function readSettings(definition: JsonObject): ContainerSettings {
  const partitionKey = isObject(definition['partitionKey']) ? definition['partitionKey'] : {}
  const isHierarchical = partitionKey['kind'] === 'MultiHash'
  const partitionPaths = readPartitionPaths(partitionKey, isHierarchical)
  const policy = definition['indexingPolicy']
  return {
    id: typeof definition['id'] === 'string' ? definition['id'] : '',
    partitionPaths,
    isHierarchical,
    defaultTtl: readDefaultTtl(definition['defaultTtl']),
    uniqueKeys: readUniqueKeys(definition['uniqueKeyPolicy']),
    indexing: readIndexingPolicy(isObject(policy) ? policy : defaultIndexingPolicy),
  }
}

function texts(value: Value): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}

function readPartitionPaths(partitionKey: JsonObject, isHierarchical: boolean): string[][] {
  const paths = texts(partitionKey['paths']).map(parsePath)
  const isRightCount = isHierarchical ? paths.length >= 1 && paths.length <= 3 : paths.length === 1
  if (!isRightCount || paths.some((path) => path.length === 0)) {
    throw badRequest('The partition key definition is invalid: give one path, or up to three with kind MultiHash.')
  }
  if (partitionKey['kind'] !== undefined && !isHierarchical && partitionKey['kind'] !== 'Hash') {
    throw badRequest('The partition key kind must be Hash or MultiHash.')
  }
  return paths
}

function readDefaultTtl(value: Value): number | undefined {
  if (value === undefined || value === null) return undefined
  if (!isTtl(value)) throw invalidTtl(value)
  return value
}

function isTtl(value: Json): value is number {
  return Number.isInteger(value) && (value === -1 || (Number(value) > 0 && Number(value) <= 2147483647))
}

/** When a document written at `writtenAt` (milliseconds) expires; null for never. */
export function expiryOf(document: JsonObject, settings: ContainerSettings, writtenAt: number): number | null {
  const own = document['ttl']
  if (own !== undefined && !isTtl(own)) throw invalidTtl(own)
  if (settings.defaultTtl === undefined) return null
  const seconds = own ?? settings.defaultTtl
  return seconds === -1 ? null : writtenAt + seconds * 1000
}

function invalidTtl(value: Json): Error {
  return badRequest(
    `The input ttl '${JSON.stringify(value)}' is invalid. Ensure to provide a nonzero positive integer less than or equal to '2147483647', or '-1' which means never expire.`,
  )
}

function readUniqueKeys(policy: Value): string[][][] {
  const keys = isObject(policy) && Array.isArray(policy['uniqueKeys']) ? policy['uniqueKeys'] : []
  return keys.filter(isObject).map((key) => {
    const paths = texts(key['paths']).map(parsePath)
    if (paths.length === 0 || paths.length > 16) throw badRequest('A unique key takes 1 to 16 paths.')
    return paths
  })
}

/** The partition key a document carries, which must be the one its request names. */
export function partitionOf(document: JsonObject, settings: ContainerSettings): Value[] {
  return settings.partitionPaths.map((path) => {
    const value = valueAt(document, path)
    if (value !== undefined && !isPrimitive(value)) {
      throw badRequest('The partition key of an item must be a string, a number, a boolean or null.', {
        substatus: 1001,
      })
    }
    return value
  })
}
