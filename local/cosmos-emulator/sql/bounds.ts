/**
 * The range of keys a condition leaves for one column, seen through OR as well: a keyset filter such as
 * `a < x OR (a = x AND b < y)` leaves `a <= x`, which lets an index start where the page starts.
 */
import { Rank, rankOf } from '../json.ts'
import type { Value } from '../json.ts'
import { keyOf, rankStart } from '../store/keys.ts'
import type { Expression } from './ast.ts'
import { columnFor, constantOf } from './paths.ts'
import type { PlanContext } from './paths.ts'
import { comparisonOf, mirrored } from './pushdown.ts'
import type { Comparison } from './pushdown.ts'

export interface Bounds {
  low: string
  high: string
}

const everything: Bounds = { low: rankStart(Rank.undefined), high: rankStart(Rank.object + 1) }

export function boundsOf(expression: Expression, column: string, context: PlanContext): Bounds {
  if (expression.kind !== 'binary') return everything
  const { operator, left, right } = expression
  if (operator === 'AND' || operator === 'OR') {
    const [first, second] = [boundsOf(left, column, context), boundsOf(right, column, context)]
    return operator === 'AND' ? intersection(first, second) : hull(first, second)
  }
  const comparison = comparisonOf(operator, true)
  if (!comparison) return everything
  if (columnFor(left, context) === column) return rangeOf(comparison, constantOf(right, context.parameters)?.value)
  if (columnFor(right, context) === column)
    return rangeOf(mirrored[comparison], constantOf(left, context.parameters)?.value)
  return everything
}

function rangeOf(comparison: Comparison, value: Value): Bounds {
  const rank = rankOf(value)
  if (value === undefined || comparison === '!=') return everything
  const key = keyOf(value)
  if (comparison === '=') return { low: key, high: key }
  if (rank < Rank.number || rank > Rank.string) return everything
  return comparison.startsWith('<') ? { low: rankStart(rank), high: key } : { low: key, high: rankStart(rank + 1) }
}

// Keys are compared as SQLite compares them: these are ASCII up to the text of a string, where bytes decide.
function less(left: string, right: string): boolean {
  return Buffer.compare(Buffer.from(left), Buffer.from(right)) < 0
}

function intersection(first: Bounds, second: Bounds): Bounds {
  return {
    low: less(first.low, second.low) ? second.low : first.low,
    high: less(first.high, second.high) ? first.high : second.high,
  }
}

function hull(first: Bounds, second: Bounds): Bounds {
  return {
    low: less(first.low, second.low) ? first.low : second.low,
    high: less(first.high, second.high) ? second.high : first.high,
  }
}
