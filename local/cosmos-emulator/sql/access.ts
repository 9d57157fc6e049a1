/** How a query reaches its items: the SQL over keys that finds them, in the order asked for where an index has it. */
import type { Value } from '../json.ts'
import type { ContainerEntry } from '../store/catalog.ts'
import type { SqlRow, SqlValue } from '../store/database.ts'
import { isPrimitive, partitionText } from '../store/keys.ts'
import type { PartitionText } from '../store/keys.ts'
import { depthOf } from './ast.ts'
import type { Expression, Query } from './ast.ts'
import { boundsOf } from './bounds.ts'
import type { OrderPath } from './checks.ts'
import { fixedPaths, rootAlias } from './paths.ts'
import type { PlanContext } from './paths.ts'
import { translate } from './pushdown.ts'
import type { Condition } from './pushdown.ts'

export interface AccessRequest {
  query: Query
  parameters: ReadonlyMap<string, Value>
  container: ContainerEntry
  /** The logical partition the request names, or undefined for all of them. */
  partition: PartitionText | undefined
  order: OrderPath[]
}

/** A place in the order of a scan: the sort keys of an item and its number. */
export interface Position {
  keys: string[]
  seq: number
}

export interface Access {
  /** The SQL condition lets through exactly what WHERE lets through. */
  isExact: boolean
  /** Items come in the order asked for; otherwise by number, to be sorted. */
  isOrdered: boolean
  scan: (from: Position | undefined, isInclusive: boolean) => Generator<SqlRow>
  count: () => number
  keysOf: (row: SqlRow) => string[]
}

interface SortColumn {
  column: string
  isDescending: boolean
}

export function planAccess(request: AccessRequest): Access {
  const { container, order } = request
  const { items } = container
  const filter = filterOf(request)
  const columns = order.map(({ path, isDescending }) => ({ column: items.columnOf(path) ?? '', isDescending }))
  const isOrdered = columns.every(({ column }) => column !== '')
  const sort = isOrdered ? columns : []
  const where = filter.conditions.join(' AND ')
  const names = ['seq', 'body', ...sort.map(({ column }, index) => `${column} AS s${index}`)].join(', ')
  return {
    isExact: filter.isExact,
    isOrdered,
    scan(from, isInclusive) {
      const after = from ? positionFilter(sort, from, isInclusive) : { sql: '1', values: [] }
      const sql = `SELECT ${names} FROM ${items.name} WHERE ${where} AND ${after.sql} ORDER BY ${orderSql(sort)}`
      return items.each(sql, [...filter.values(), ...after.values])
    },
    count() {
      const [row] = items.each(`SELECT count(*) AS n FROM ${items.name} WHERE ${where}`, filter.values())
      return Number(row?.['n'] ?? 0)
    },
    keysOf: (row) => sort.map((_, index) => String(row[`s${index}`])),
  }
}

/** Ties are broken by the item's number, in the direction of the first sort item. */
function orderSql(sort: SortColumn[]): string {
  const parts = sort.map(({ column, isDescending }) => `${column}${isDescending ? ' DESC' : ''}`)
  return [...parts, sort[0]?.isDescending ? 'seq DESC' : 'seq'].join(', ')
}

interface Filter {
  conditions: string[]
  values: () => SqlValue[]
  isExact: boolean
}

function filterOf(request: AccessRequest): Filter {
  const { query, parameters, container } = request
  const { items } = container
  const root = rootAlias(query)
  const context: PlanContext | undefined =
    root === undefined ? undefined : { root, parameters, columnOf: (path) => items.columnOf(path) }
  const pushed = context && translatable(query.where, context)
  const parts = [partitionFilter(request), pushed, context && boundsFilter(request, context)]
  const known = parts.filter((part) => part !== undefined)
  const values = known.flatMap((part) => part.values)
  return {
    conditions: [...known.map((part) => part.sql), items.liveSql],
    values: () => [...values, ...items.liveValues()],
    isExact: !query.where || pushed?.isExact === true,
  }
}

/** SQLite takes no expression deeper than this; plain evaluation does. */
const deepestCondition = 400

function translatable(where: Expression | undefined, context: PlanContext): Condition | undefined {
  return where && depthOf(where) <= deepestCondition ? translate(where, true, context) : undefined
}

interface SqlFilter {
  sql: string
  values: SqlValue[]
}

function partitionFilter(request: AccessRequest): SqlFilter | undefined {
  const partition = request.partition ?? impliedPartition(request)
  return partition === undefined ? undefined : { sql: 'pk = ?', values: [partition] }
}

/** A condition on every part of the partition key leaves one partition. */
export function impliedPartition({
  query,
  parameters,
  container,
}: Omit<AccessRequest, 'order' | 'partition'>): PartitionText | undefined {
  const fixed = fixedPaths(query, parameters)
  const components: Value[] = []
  for (const path of container.settings.partitionPaths) {
    const value = fixed.get(JSON.stringify(path))
    if (!isPrimitive(value)) return undefined
    components.push(value)
  }
  return partitionText(components)
}

function boundsFilter(request: AccessRequest, context: PlanContext): SqlFilter | undefined {
  const [first] = request.order
  const column = first && request.container.items.columnOf(first.path)
  if (!column || !request.query.where) return undefined
  const { low, high } = boundsOf(request.query.where, column, context)
  return { sql: `${column} >= ? AND ${column} <= ?`, values: [low, high] }
}

/** Everything behind a position. Row values let SQLite go straight to it where all directions are the same. */
function positionFilter(sort: SortColumn[], from: Position, isInclusive: boolean): SqlFilter {
  const isDescending = sort[0]?.isDescending === true
  const names = [...sort.map(({ column }) => column), 'seq']
  const values: SqlValue[] = [...from.keys, from.seq]
  if (sort.every((item) => item.isDescending === isDescending)) {
    const operator = `${isDescending ? '<' : '>'}${isInclusive ? '=' : ''}`
    return { sql: `(${names.join(', ')}) ${operator} (${names.map(() => '?').join(', ')})`, values }
  }
  return mixedFilter([...sort, { column: 'seq', isDescending }], values, isInclusive)
}

/** a > x OR (a = x AND (b < y OR (b = y AND …))), with the redundant a >= x that an index can use. */
function mixedFilter(sort: SortColumn[], values: SqlValue[], isInclusive: boolean): SqlFilter {
  const [first, ...rest] = sort
  const [value, ...others] = values
  if (!first || value === undefined) return { sql: isInclusive ? '1' : '0', values: [] }
  const operator = first.isDescending ? '<' : '>'
  const inner = mixedFilter(rest, others, isInclusive)
  return {
    sql: `(${first.column} ${operator}= ? AND (${first.column} ${operator} ? OR ${inner.sql}))`,
    values: [value, value, ...inner.values],
  }
}
