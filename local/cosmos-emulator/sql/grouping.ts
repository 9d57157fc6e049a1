/** GROUP BY and aggregates: rows are gathered into groups, and each group becomes one result. */
import { sqlError } from '../errors.ts'
import { Rank, canonicalText, compareSameType, rankOf } from '../json.ts'
import type { Value } from '../json.ts'
import { aggregatesIn, isAggregate, partsOf, selectedExpressions, shapeOf } from './ast.ts'
import type { Expression, ExpressionOf, Query } from './ast.ts'
import { compile } from './compile.ts'
import type { Row, Scope } from './compile.ts'
import { compileSelection } from './selection.ts'

export interface Grouping {
  aggregates: ExpressionOf<'call'>[]
}

export interface Groups {
  add: (row: Row) => true
  /** Counts rows nobody looked at: only for queries whose aggregates are all COUNT of a constant. */
  addCount: (count: number) => void
  results: (outer?: Row) => Generator<Value>
}

/** What a query groups, or undefined if it does not. Refuses what would have no single answer for a group. */
export function groupingOf(query: Query): Grouping | undefined {
  const selected = selectedExpressions(query.selection)
  const aggregates = selected.flatMap(aggregatesIn)
  checkAggregates(query, aggregates)
  if (query.groupBy.length === 0 && aggregates.length === 0) return undefined
  if (query.selection.kind === 'star') throw sqlError("'SELECT *' is not allowed with GROUP BY.")
  if (query.orderBy.length > 0) throw sqlError('ORDER BY is not supported with GROUP BY or aggregates.')
  const grouped = new Set(query.groupBy.map(shapeOf))
  for (const expression of selected) checkGrouped(expression, grouped)
  return { aggregates }
}

function checkAggregates(query: Query, aggregates: ExpressionOf<'call'>[]): void {
  const others = [query.where, ...query.groupBy, ...query.orderBy.map((item) => item.expression)]
  if (others.some((clause) => clause && aggregatesIn(clause).length > 0)) {
    throw sqlError('Aggregates are only allowed in the SELECT clause.')
  }
  for (const { name, arguments: list } of aggregates) {
    if (list.length !== 1) throw sqlError(`The ${name} aggregate takes exactly one argument.`)
    if (list.some((item) => aggregatesIn(item).length > 0)) throw sqlError('Aggregates cannot be nested.')
  }
}

function checkGrouped(expression: Expression, grouped: ReadonlySet<string>): void {
  if (isAggregate(expression) || grouped.has(shapeOf(expression))) return
  if (expression.kind === 'name' || expression.kind === 'member' || expression.kind === 'subquery') {
    throw sqlError(
      'A property reference in the select list is invalid because it is not contained in either an aggregate function or the GROUP BY clause.',
    )
  }
  for (const part of partsOf(expression)) checkGrouped(part, grouped)
}

interface Group {
  slots: Value[]
  accumulators: Accumulator[]
}

export function createGrouping(query: Query, { aggregates }: Grouping, scope: Scope): Groups {
  const keys = query.groupBy.map((expression) => compile(expression, scope))
  const values = aggregates.map((call) => compile(call.arguments[0] ?? call, scope))
  const indexes = new Map<Expression, number>(aggregates.map((call, index) => [call, index]))
  const select = compileSelection(query, { ...scope, aggregates: indexes })
  const groups = new Map<string, Group>()
  const groupOf = (key: string, slots: Value[]): Group => {
    let group = groups.get(key)
    if (!group) groups.set(key, (group = { slots: [...slots], accumulators: aggregates.map(accumulatorFor) }))
    return group
  }
  return {
    add(row) {
      const { accumulators } = groupOf(keys.map((key) => canonicalText(key(row))).join('\n'), row.slots)
      accumulators.forEach((accumulator, index) => accumulator.add(values[index]?.(row)))
      return true
    },
    addCount(count) {
      const { accumulators } = groupOf('', [])
      for (const accumulator of accumulators) accumulator.addCount?.(count)
    },
    *results(outer) {
      // Without GROUP BY there is always one group, be it empty.
      if (query.groupBy.length === 0) groupOf('', outer?.slots ?? [])
      for (const { slots, accumulators } of groups.values()) {
        yield select({ slots, aggregates: accumulators.map((accumulator) => accumulator.result()) })
      }
    },
  }
}

interface Accumulator {
  add: (value: Value) => void
  addCount?: (count: number) => void
  result: () => Value
}

function accumulatorFor({ name }: ExpressionOf<'call'>): Accumulator {
  switch (name) {
    case 'COUNT':
      return counter()
    case 'MIN':
      return extreme((comparison) => comparison < 0)
    case 'MAX':
      return extreme((comparison) => comparison > 0)
    case 'SUM':
      return total((sum) => sum)
    default:
      return total((sum, count) => (count === 0 ? undefined : sum / count))
  }
}

function counter(): Accumulator {
  let count = 0
  return {
    add(value) {
      if (value !== undefined) count++
    },
    addCount(more) {
      count += more
    },
    result: () => count,
  }
}

/** One value that is no number makes the whole sum undefined; undefined values are passed over. */
function total(finish: (sum: number, count: number) => Value): Accumulator {
  let sum = 0
  let count = 0
  let isNumeric = true
  return {
    add(value) {
      if (value === undefined) return
      if (typeof value !== 'number') isNumeric = false
      else {
        sum += value
        count++
      }
    },
    result: () => (isNumeric ? finish(sum, count) : undefined),
  }
}

/** MIN and MAX compare across types by the order of types; an array or object makes them undefined. */
function extreme(isBetter: (comparison: number) => boolean): Accumulator {
  let best: Value
  let isComparable = true
  return {
    add(value) {
      if (value === undefined) return
      if (rankOf(value) >= Rank.array) isComparable = false
      else if (best === undefined || isBetter(compareAcrossTypes(value, best))) best = value
    },
    result: () => (isComparable ? best : undefined),
  }
}

function compareAcrossTypes(left: Value, right: Value): number {
  return compareSameType(left, right) ?? rankOf(left) - rankOf(right)
}
