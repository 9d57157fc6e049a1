/**
 * The query plan an SDK asks for before it runs a query over several partitions: what it must merge itself, and the
 * query rewritten so that each partition's part can be merged.
 */
import { badRequest } from '../errors.ts'
import type { Json, JsonObject } from '../json.ts'
import type { IndexingPolicy } from '../store/indexing-policy.ts'
import { aggregatesIn, isAggregate, selectedExpressions } from './ast.ts'
import type { Expression, ExpressionOf, Query } from './ast.ts'
import { orderPaths, windowOf } from './checks.ts'
import type { Value } from '../json.ts'
import { groupingOf } from './grouping.ts'

export interface PlanRequest {
  text: string
  query: Query
  parameters: ReadonlyMap<string, Value>
  indexing: IndexingPolicy
}

const aggregateTypes: Record<string, string> = { COUNT: 'Count', SUM: 'Sum', MIN: 'Min', MAX: 'Max', AVG: 'Average' }
const orderFilter = '{documentdb-formattableorderbyquery-filter}'

/** A plan is needed for everything that is not a plain filter and projection. */
export function needsPlan(query: Query): boolean {
  const isMerged = query.isDistinct || query.orderBy.length > 0 || query.groupBy.length > 0
  return isMerged || Boolean(query.top ?? query.offset) || selectedExpressions(query.selection).some(hasAggregate)
}

function hasAggregate(expression: Expression): boolean {
  return aggregatesIn(expression).length > 0
}

export function queryPlan(request: PlanRequest): JsonObject {
  const { query, parameters, indexing } = request
  const window = windowOf(query, parameters)
  orderPaths(query, indexing)
  const isGrouped = groupingOf(query) !== undefined
  return {
    partitionedQueryExecutionInfoVersion: 2,
    queryInfo: {
      distinctType: query.isDistinct ? (query.orderBy.length > 0 ? 'Ordered' : 'Unordered') : 'None',
      top: query.top ? window.limit : null,
      offset: query.offset ? window.offset : null,
      limit: query.limit ? window.limit : null,
      orderBy: query.orderBy.map((item) => (item.isDescending ? 'Descending' : 'Ascending')),
      orderByExpressions: query.orderBy.map((item) => slice(request, item.expression)),
      groupByExpressions: query.groupBy.map((expression) => slice(request, expression)),
      ...(isGrouped ? groupInfo(query) : { groupByAliases: [], aggregates: [], groupByAliasToAggregateType: {} }),
      rewrittenQuery: needsPlan(query) ? rewritten(request, isGrouped, window.offset + window.limit) : '',
      hasSelectValue: query.selection.kind === 'value',
      dCountInfo: null,
      hasNonStreamingOrderBy: false,
    },
    queryRanges: [{ min: '', max: 'FF', isMinInclusive: true, isMaxInclusive: false }],
  }
}

/** `SELECT VALUE COUNT(1)` names its aggregate; `SELECT COUNT(1) AS n` names it by alias. */
function groupInfo({ selection }: Query): JsonObject {
  if (selection.kind === 'value') {
    const type = isAggregate(selection.expression) ? aggregateTypes[selection.expression.name] : undefined
    return { groupByAliases: [], aggregates: type ? [type] : [], groupByAliasToAggregateType: {} }
  }
  const types: Record<string, Json> = {}
  const items = selection.kind === 'list' ? selection.items : []
  for (const { name, expression } of items) {
    types[name] = isAggregate(expression) ? (aggregateTypes[expression.name] ?? null) : null
  }
  return { groupByAliases: items.map((item) => item.name), aggregates: [], groupByAliasToAggregateType: types }
}

function slice({ text }: PlanRequest, { start, end }: { start: number; end: number }): string {
  return text.slice(start, end)
}

function rewritten(request: PlanRequest, isGrouped: boolean, atMost: number): string {
  const { query } = request
  const from = slice(request, query.fromSpan)
  const where = query.where ? `(${slice(request, query.where)})` : undefined
  const limit = Number.isFinite(atMost) && !isGrouped && !query.isDistinct ? `TOP ${atMost} ` : ''
  const distinct = query.isDistinct ? 'DISTINCT ' : ''
  if (query.orderBy.length > 0) {
    const filter = [where, `(${orderFilter})`].filter((part) => part !== undefined).join(' AND ')
    // Duplicates are dropped after merging: here they would hide a tie.
    return `SELECT ${limit}${orderedSelection(request)} ${from} WHERE ${filter} ORDER BY ${orderText(request)}`
  }
  const filter = where ? ` WHERE ${where}` : ''
  if (!isGrouped) return `SELECT ${distinct}${limit}${selectionText(request)} ${from}${filter}`
  const groups = query.groupBy.map((expression) => slice(request, expression)).join(', ')
  return `SELECT ${groupedSelection(request)} ${from}${filter}${groups ? ` GROUP BY ${groups}` : ''}`
}

function orderText(request: PlanRequest): string {
  return request.query.orderBy
    .map((item) => `${slice(request, item.expression)} ${item.isDescending ? 'DESC' : 'ASC'}`)
    .join(', ')
}

function orderedSelection(request: PlanRequest): string {
  const { query } = request
  const root = query.sources[0]?.alias ?? 'c'
  const items = query.orderBy.map((item) => `{"item": ${slice(request, item.expression)}}`)
  return `${root}._rid, [${items.join(', ')}] AS orderByItems, ${payload(request)} AS payload`
}

/** What the query selects, as one expression. */
function payload(request: PlanRequest): string {
  const { selection, sources } = request.query
  if (selection.kind === 'star') return sources[0]?.alias ?? 'c'
  if (selection.kind === 'value') return slice(request, selection.expression)
  return objectText(selection.items, (expression) => slice(request, expression))
}

function objectText(
  items: { name: string; expression: Expression }[],
  write: (expression: Expression) => string,
): string {
  return `{${items.map(({ name, expression }) => `${JSON.stringify(name)}: ${write(expression)}`).join(', ')}}`
}

function selectionText(request: PlanRequest): string {
  return request.query.selection.kind === 'star' ? '*' : `VALUE ${payload(request)}`
}

function groupedSelection(request: PlanRequest): string {
  const { selection, groupBy } = request.query
  const write = (expression: Expression): string => mergeable(request, expression)
  const keys = groupBy.map((expression) => `{"item": ${slice(request, expression)}}`).join(', ')
  if (selection.kind === 'list') {
    const groupItems = groupBy.length > 0 ? `[${keys}] AS groupByItems, ` : ''
    return `${groupItems}${objectText(selection.items, write)} AS payload`
  }
  const [only] = selectedExpressions(selection)
  if (!only) throw badRequest('SELECT * cannot be grouped.')
  const value = isAggregate(only) ? `[${write(only)}]` : write(only)
  return groupBy.length > 0 ? `[${keys}] AS groupByItems, ${value} AS payload` : `VALUE ${value}`
}

/** Each partition's part of an aggregate, in the form the SDK merges. */
function mergeable(request: PlanRequest, expression: Expression): string {
  if (!isAggregate(expression)) {
    if (hasAggregate(expression)) {
      throw badRequest('Compositions of aggregates and other expressions are not allowed across partitions.')
    }
    return slice(request, expression)
  }
  return aggregateText(expression, slice(request, expression.arguments[0] ?? expression))
}

function aggregateText({ name }: ExpressionOf<'call'>, of: string): string {
  if (name === 'AVG') return `{"item": {"sum": SUM(${of}), "count": COUNT(${of})}}`
  if (name !== 'MIN' && name !== 'MAX') return `{"item": ${name}(${of})}`
  const best = `${name}(${of})`
  return `{"item": ${best}, "item2": {"${name.toLowerCase()}": ${best}, "count": COUNT(${of})}}`
}
