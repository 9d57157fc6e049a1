/** A container's indexing policy: which paths are indexed, which composite indexes exist, what a document costs to index. */
import { badRequest } from '../errors.ts'
import { isObject } from '../json.ts'
import type { Json, JsonObject, Value } from '../json.ts'
import { valueAt } from '../json.ts'

export interface CompositePath {
  path: string[]
  isDescending: boolean
}

interface Rule {
  /** `[]` stands for any element of an array. */
  segments: string[]
  /** `/?` is the value itself, `/*` everything below. */
  isSubtree: boolean
  isIncluded: boolean
}

export interface IndexingPolicy {
  isIndexed: (path: readonly string[]) => boolean
  composites: CompositePath[][]
  /** Paths worth an index of their own: those named one by one, and the parts of composites. */
  keyPaths: string[][]
  /** How many terms a document adds to the index. */
  termsOf: (document: JsonObject) => number
}

export const defaultIndexingPolicy: JsonObject = {
  indexingMode: 'consistent',
  automatic: true,
  includedPaths: [{ path: '/*' }],
  excludedPaths: [{ path: '/"_etag"/?' }],
}

export function readIndexingPolicy(policy: JsonObject): IndexingPolicy {
  const isOff = policy['indexingMode'] === 'none'
  const rules = isOff ? [] : [...rulesOf(policy, 'includedPaths', true), ...rulesOf(policy, 'excludedPaths', false)]
  if (!isOff && !rules.some((rule) => rule.segments.length === 0 && rule.isSubtree)) {
    throw badRequest(
      'The special mandatory indexing path "/" is not provided in any of the path type sets. Please provide this path in one of the sets.',
    )
  }
  const composites = isOff ? [] : compositesOf(policy)
  const isIndexed = (path: readonly string[]): boolean => (isOff ? false : decide(rules, path))
  return { isIndexed, composites, keyPaths: keyPathsOf(rules, composites), termsOf: termCounter(rules, composites) }
}

function list(policy: JsonObject, name: string): JsonObject[] {
  const items = policy[name] ?? []
  if (!Array.isArray(items)) throw badRequest(`The indexing policy's ${name} must be an array.`)
  return items.filter(isObject)
}

function rulesOf(policy: JsonObject, name: string, isIncluded: boolean): Rule[] {
  return list(policy, name).map((item) => {
    const text = item['path']
    const last = typeof text === 'string' ? text.slice(-2) : ''
    if (typeof text !== 'string' || (last !== '/?' && last !== '/*')) {
      throw badRequest(`The indexing path '${JSON.stringify(text ?? null)}' could not be accepted.`)
    }
    return { segments: parsePath(text.slice(0, -2)), isSubtree: last === '/*', isIncluded }
  })
}

/** Splits `/a/"b c"/[]` into its names. */
export function parsePath(text: string): string[] {
  if (text === '' || text === '/') return []
  const parts = text.match(/\/(?:"(?:[^"\\]|\\.)*"|[^/"]+)/g)
  if (!parts || parts.join('') !== text) throw badRequest(`The path '${text}' could not be accepted.`)
  return parts.map((part) => (part.startsWith('/"') ? part.slice(2, -1).replace(/\\(.)/g, '$1') : part.slice(1)))
}

function compositesOf(policy: JsonObject): CompositePath[][] {
  const composites = policy['compositeIndexes'] ?? []
  if (!Array.isArray(composites)) throw badRequest("The indexing policy's compositeIndexes must be an array.")
  return composites.map((composite) => {
    const paths = Array.isArray(composite) ? composite.filter(isObject) : []
    if (paths.length < 2) throw badRequest('The number of composite paths in a composite index must be at least 2.')
    return paths.map((item) => ({
      path: parsePath(typeof item['path'] === 'string' ? item['path'] : ''),
      isDescending: item['order'] === 'descending',
    }))
  })
}

/** The most precise rule decides; the service's own `id` and `_ts` are always indexed. */
function decide(rules: Rule[], path: readonly string[]): boolean {
  let best: Rule | undefined
  for (const rule of rules) {
    if (matches(rule, path) && precision(rule) > precision(best)) best = rule
  }
  // `/*` excludes everything but these two.
  if (best?.segments.length === 0 && isSystemPath(path)) return true
  return best?.isIncluded === true
}

function isSystemPath(path: readonly string[]): boolean {
  return path.length === 1 && (path[0] === 'id' || path[0] === '_ts')
}

function matches(rule: Rule, path: readonly string[]): boolean {
  if (rule.isSubtree ? rule.segments.length > path.length : rule.segments.length !== path.length) return false
  return rule.segments.every((segment, index) => segment === path[index])
}

function precision(rule: Rule | undefined): number {
  return rule === undefined ? -1 : rule.segments.length * 2 + (rule.isSubtree ? 0 : 1)
}

function keyPathsOf(rules: Rule[], composites: CompositePath[][]): string[][] {
  const named = rules.filter((rule) => rule.isIncluded && !rule.isSubtree && !rule.segments.includes('[]'))
  const paths = [...named.map((rule) => rule.segments), ...composites.flat().map((part) => part.path)]
  const distinct = new Map(paths.filter((path) => path.length > 0).map((path) => [JSON.stringify(path), path]))
  return [...distinct.values()]
}

/** Walking a document is only needed where whole subtrees are indexed. */
function termCounter(rules: Rule[], composites: CompositePath[][]): (document: JsonObject) => number {
  const included = rules.filter((rule) => rule.isIncluded)
  const needsWalk = included.some((rule) => rule.isSubtree || rule.segments.includes('[]'))
  if (needsWalk) return (document) => composites.length + 1 + countLeaves(document, [], rules)
  const paths = included.map((rule) => rule.segments)
  // `id` and `_ts` are always indexed.
  return (document) => composites.length + 2 + paths.filter((path) => valueAt(document, path) !== undefined).length
}

function countLeaves(value: Json, path: string[], rules: Rule[]): number {
  if (typeof value !== 'object' || value === null) return decide(rules, path) ? 1 : 0
  let count = 0
  if (Array.isArray(value)) {
    for (const item of value) count += countLeaves(item, [...path, '[]'], rules)
    return count
  }
  for (const name of Object.keys(value)) {
    const child: Value = value[name]
    const isOwn = path.length === 0 && name.startsWith('_')
    if (child !== undefined && !isOwn) count += countLeaves(child, [...path, name], rules)
  }
  return count
}
