/** What the service refuses although it parses: sorts without an index, clauses that do not go together, bad counts. */
import { badRequest, sqlError } from '../errors.ts'
import { isEqual } from '../json.ts'
import type { Value } from '../json.ts'
import type { IndexingPolicy } from '../store/indexing-policy.ts'
import { selectedExpressions, shapeOf } from './ast.ts'
import type { Expression, OrderItem, Query } from './ast.ts'
import { constantOf, pathOf, rootAlias } from './paths.ts'

/** OFFSET, LIMIT and TOP as numbers. */
export interface Window {
  offset: number
  limit: number
}

export function windowOf(query: Query, parameters: ReadonlyMap<string, Value>): Window {
  if (query.top && query.offset) throw sqlError("'TOP' and 'OFFSET LIMIT' cannot be used in the same query.")
  const limit = query.top ?? query.limit
  return {
    offset: query.offset ? countOf(query.offset, parameters) : 0,
    limit: limit ? countOf(limit, parameters) : Number.POSITIVE_INFINITY,
  }
}

function countOf(expression: Expression, parameters: ReadonlyMap<string, Value>): number {
  const value = constantOf(expression, parameters)?.value
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0) {
    throw sqlError('TOP, OFFSET and LIMIT take a non-negative integer.')
  }
  return value
}

export interface OrderPath {
  path: string[]
  isDescending: boolean
}

/** The paths of ORDER BY, which must be served by the container's indexes as they are in the cloud. */
export function orderPaths(query: Query, indexing: IndexingPolicy): OrderPath[] {
  if (query.orderBy.length === 0) return []
  const root = rootAlias(query)
  const paths = query.orderBy.map((item) => ({ path: orderPath(item, root), isDescending: item.isDescending }))
  if (query.isDistinct) checkDistinctOrder(query)
  const [first, second] = paths
  if (first && !second && !indexing.isIndexed(first.path)) {
    throw badRequest('The index path corresponding to the specified order-by item is excluded.')
  }
  if (second && !hasComposite(paths, indexing)) {
    throw badRequest('The order by query does not have a corresponding composite index that it can be served from.')
  }
  return paths
}

function orderPath(item: OrderItem, root: string | undefined): string[] {
  const path = root === undefined ? undefined : pathOf(item.expression, root)
  if (!path || path.length === 0) {
    throw sqlError('Unsupported ORDER BY clause. ORDER BY item expression could not be mapped to a document path.')
  }
  return path
}

/** A composite index serves exactly its own sequence of paths, in its own directions or all of them reversed. */
function hasComposite(paths: OrderPath[], { composites }: IndexingPolicy): boolean {
  return composites.some((composite) => {
    if (composite.length !== paths.length) return false
    const isSame = composite.map((part, index) => part.isDescending === paths[index]?.isDescending)
    const isAligned = isSame.every((same) => same) || isSame.every((same) => !same)
    return isAligned && composite.every((part, index) => isEqual(part.path, paths[index]?.path))
  })
}

function checkDistinctOrder(query: Query): void {
  const selected = new Set(selectedExpressions(query.selection).map(shapeOf))
  if (!query.orderBy.every((item) => selected.has(shapeOf(item.expression)))) {
    throw sqlError('DISTINCT with ORDER BY needs every ORDER BY item in the SELECT clause.')
  }
}
