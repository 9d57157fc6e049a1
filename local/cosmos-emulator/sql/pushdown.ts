/**
 * Translates conditions into SQL over the order-preserving keys. A translation lets through every item the condition
 * lets through; where it lets through nothing else it says so (`isExact`), and the evaluator need not look again.
 *
 * Three-valued logic is kept by asking, for every part, either "is it true?" or, under NOT, "is it false?".
 */
import { Rank, rankOf } from '../json.ts'
import type { Value } from '../json.ts'
import type { SqlValue } from '../store/database.ts'
import { afterPrefix, isPrimitive, keyOf, rankStart } from '../store/keys.ts'
import type { BinaryOperator, Expression, ExpressionOf } from './ast.ts'
import { columnFor, constantOf } from './paths.ts'
import type { PlanContext } from './paths.ts'

export interface Condition {
  sql: string
  values: SqlValue[]
  isExact: boolean
}

const exactly = (sql: string, ...values: SqlValue[]): Condition => ({ sql, values, isExact: true })
const never = exactly('0')
const mostListed = 200

/** The condition under which `expression` is `wanted`, or undefined where SQLite cannot tell. */
export function translate(expression: Expression, wanted: boolean, context: PlanContext): Condition | undefined {
  const constant = constantOf(expression, context.parameters)
  if (constant) return constant.value === wanted ? exactly('1') : never
  switch (expression.kind) {
    case 'member':
      return columnTest(expression, context, (column) => exactly(`${column} = ?`, keyOf(wanted)))
    case 'unary':
      return expression.operator === 'NOT' ? translate(expression.argument, !wanted, context) : undefined
    case 'binary':
      return translateBinary(expression, wanted, context)
    case 'between':
      return combine(betweenParts(expression), wanted, context, wanted)
    case 'in':
      return translateIn(expression, wanted, context)
    case 'call':
      return translateCall(expression, wanted, context)
    default:
      return undefined
  }
}

function betweenParts({ argument, low, high, start, end }: ExpressionOf<'between'>): Expression[] {
  return [
    { kind: 'binary', operator: '>=', left: argument, right: low, start, end },
    { kind: 'binary', operator: '<=', left: argument, right: high, start, end },
  ]
}

function columnTest(
  expression: Expression,
  context: PlanContext,
  test: (column: string) => Condition | undefined,
): Condition | undefined {
  const column = columnFor(expression, context)
  return column === undefined ? undefined : test(column)
}

function translateBinary(
  expression: ExpressionOf<'binary'>,
  wanted: boolean,
  context: PlanContext,
): Condition | undefined {
  const { operator, left, right } = expression
  if (operator === 'AND') return combine([left, right], wanted, context, wanted)
  if (operator === 'OR') return combine([left, right], wanted, context, !wanted)
  const test = comparisonOf(operator, wanted)
  if (!test) return undefined
  const onRight = constantOf(right, context.parameters)
  if (onRight) return columnTest(left, context, (column) => compareColumn(column, test, onRight.value))
  const onLeft = constantOf(left, context.parameters)
  return onLeft && columnTest(right, context, (column) => compareColumn(column, mirrored[test], onLeft.value))
}

/** AND needs what it can get of its parts; OR needs all of them. */
function combine(parts: Expression[], wanted: boolean, context: PlanContext, isAnd: boolean): Condition | undefined {
  const all = parts.map((part) => translate(part, wanted, context))
  const known = all.filter((condition) => condition !== undefined)
  if (known.length === 0 || (!isAnd && known.length < all.length)) return undefined
  return {
    sql: `(${known.map((condition) => condition.sql).join(isAnd ? ' AND ' : ' OR ')})`,
    values: known.flatMap((condition) => condition.values),
    isExact: known.length === all.length && known.every((condition) => condition.isExact),
  }
}

export type Comparison = '=' | '!=' | '<' | '<=' | '>' | '>='
export const mirrored: Record<Comparison, Comparison> = {
  '=': '=',
  '!=': '!=',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
}
const opposite: Record<Comparison, Comparison> = { '=': '!=', '!=': '=', '<': '>=', '<=': '>', '>': '<=', '>=': '<' }

export function comparisonOf(operator: BinaryOperator, wanted: boolean): Comparison | undefined {
  if (!Object.hasOwn(mirrored, operator)) return undefined
  const comparison = operator as Comparison // It is a key of the table.
  return wanted ? comparison : opposite[comparison]
}

function compareColumn(column: string, comparison: Comparison, value: Value): Condition | undefined {
  if (value === undefined) return never
  if (comparison === '=') {
    return isPrimitive(value)
      ? exactly(`${column} = ?`, keyOf(value))
      : { ...exactly(`${column} = ?`, keyOf(value)), isExact: false }
  }
  if (comparison === '!=') {
    return isPrimitive(value) ? exactly(`(${column} > '0' AND ${column} <> ?)`, keyOf(value)) : undefined
  }
  return compareWithinType(column, comparison, value)
}

/** `<` and its kin only ever hold between values of one type. */
function compareWithinType(column: string, comparison: Comparison, value: Value): Condition | undefined {
  const rank = rankOf(value)
  if (rank >= Rank.array) return never
  if (rank < Rank.number) return undefined
  const isUpper = comparison === '<' || comparison === '<='
  const other = isUpper ? `${column} >= ?` : `${column} < ?`
  return exactly(`(${column} ${comparison} ? AND ${other})`, keyOf(value), rankStart(isUpper ? rank : rank + 1))
}

function translateIn(expression: ExpressionOf<'in'>, wanted: boolean, context: PlanContext): Condition | undefined {
  const constants = expression.list.map((item) => constantOf(item, context.parameters))
  const keys: string[] = []
  for (const constant of constants) {
    if (!constant) return undefined
    if (constant.value === undefined) continue
    if (!isPrimitive(constant.value)) return undefined
    keys.push(keyOf(constant.value))
  }
  if (keys.length > mostListed) return undefined
  const marks = keys.map(() => '?').join(', ')
  return columnTest(expression.argument, context, (column) =>
    wanted
      ? exactly(`${column} IN (${marks})`, ...keys)
      : exactly(`(${column} > '0' AND ${column} NOT IN (${marks}))`, ...keys),
  )
}

const typeTests: Record<string, [from: number, below: number]> = {
  IS_DEFINED: [Rank.null, Rank.object + 1],
  IS_NULL: [Rank.null, Rank.null + 1],
  IS_BOOL: [Rank.boolean, Rank.boolean + 1],
  IS_NUMBER: [Rank.number, Rank.number + 1],
  IS_STRING: [Rank.string, Rank.string + 1],
  IS_ARRAY: [Rank.array, Rank.array + 1],
  IS_OBJECT: [Rank.object, Rank.object + 1],
  IS_PRIMITIVE: [Rank.null, Rank.string + 1],
}

function translateCall(expression: ExpressionOf<'call'>, wanted: boolean, context: PlanContext): Condition | undefined {
  const [first, second, ...others] = expression.arguments
  if (!first || others.length > 0) return undefined
  if (second) return wanted && expression.name === 'STARTSWITH' ? translatePrefix(first, second, context) : undefined
  const range = Object.hasOwn(typeTests, expression.name) ? typeTests[expression.name] : undefined
  if (!range) return undefined
  const [from, below] = range
  return columnTest(first, context, (column) => {
    const inside = `(${column} >= ? AND ${column} < ?)`
    return exactly(wanted ? inside : `NOT ${inside}`, rankStart(from), rankStart(below))
  })
}

function translatePrefix(text: Expression, part: Expression, context: PlanContext): Condition | undefined {
  const prefix = constantOf(part, context.parameters)?.value
  if (typeof prefix !== 'string') return undefined
  const key = keyOf(prefix)
  return columnTest(text, context, (column) => exactly(`(${column} >= ? AND ${column} < ?)`, key, afterPrefix(key)))
}
