/** The parsed form of a query. Every expression knows its place in the text, so that a query plan can quote it. */
import type { Value } from '../json.ts'

interface Span {
  start: number
  end: number
}

export type BinaryOperator =
  | 'AND'
  | 'OR'
  | '??'
  | '||'
  | '='
  | '!='
  | '<'
  | '<='
  | '>'
  | '>='
  | '+'
  | '-'
  | '*'
  | '/'
  | '%'
  | '&'
  | '|'
  | '^'
  | '<<'
  | '>>'
  | '>>>'

export type Expression = Span &
  (
    | { kind: 'literal'; value: Value }
    | { kind: 'parameter'; name: string }
    | { kind: 'name'; name: string }
    | { kind: 'member'; of: Expression; key: Expression }
    | { kind: 'unary'; operator: 'NOT' | '-' | '+' | '~'; argument: Expression }
    | { kind: 'binary'; operator: BinaryOperator; left: Expression; right: Expression }
    | { kind: 'conditional'; test: Expression; yes: Expression; no: Expression }
    | { kind: 'between'; argument: Expression; low: Expression; high: Expression }
    | { kind: 'in'; argument: Expression; list: Expression[] }
    | { kind: 'like'; argument: Expression; pattern: Expression; escape: Expression | undefined }
    | { kind: 'call'; name: string; arguments: Expression[] }
    | { kind: 'array'; items: Expression[] }
    | { kind: 'object'; entries: { name: string; value: Expression }[] }
    | { kind: 'subquery'; mode: 'scalar' | 'exists' | 'array'; query: Query }
  )

export type ExpressionKind = Expression['kind']
export type ExpressionOf<K extends ExpressionKind> = Extract<Expression, { kind: K }>

export type Selection =
  | { kind: 'star' }
  | { kind: 'value'; expression: Expression }
  | { kind: 'list'; items: { name: string; expression: Expression }[] }

/** One part of FROM: bound once (`FROM c.address AS a`) or for every element of an array (`t IN c.tags`). */
export interface Source {
  alias: string
  iterates: boolean
  from: { kind: 'path'; expression: Expression } | { kind: 'subquery'; query: Query }
}

export interface OrderItem {
  expression: Expression
  isDescending: boolean
}

export interface Query {
  isDistinct: boolean
  top: Expression | undefined
  selection: Selection
  sources: Source[]
  where: Expression | undefined
  groupBy: Expression[]
  orderBy: OrderItem[]
  offset: Expression | undefined
  limit: Expression | undefined
  /** Where the FROM clause stands in the text, for rewriting. */
  fromSpan: Span
}

export const aggregateNames: ReadonlySet<string> = new Set(['COUNT', 'SUM', 'MIN', 'MAX', 'AVG'])

/** The direct parts of an expression; a subquery is a world of its own and has none. */
export function partsOf(expression: Expression): Expression[] {
  switch (expression.kind) {
    case 'member':
      return [expression.of, expression.key]
    case 'unary':
      return [expression.argument]
    case 'binary':
      return [expression.left, expression.right]
    case 'conditional':
      return [expression.test, expression.yes, expression.no]
    case 'between':
      return [expression.argument, expression.low, expression.high]
    case 'in':
      return [expression.argument, ...expression.list]
    case 'like':
      return [expression.argument, expression.pattern]
    default:
      return leafPartsOf(expression)
  }
}

function leafPartsOf(expression: Expression): Expression[] {
  if (expression.kind === 'call') return expression.arguments
  if (expression.kind === 'array') return expression.items
  return expression.kind === 'object' ? expression.entries.map((entry) => entry.value) : []
}

export function depthOf(expression: Expression): number {
  return 1 + Math.max(0, ...partsOf(expression).map(depthOf))
}

export function isAggregate(expression: Expression): expression is ExpressionOf<'call'> {
  return expression.kind === 'call' && aggregateNames.has(expression.name)
}

export function aggregatesIn(expression: Expression): ExpressionOf<'call'>[] {
  return isAggregate(expression) ? [expression] : partsOf(expression).flatMap(aggregatesIn)
}

export function selectedExpressions(selection: Selection): Expression[] {
  if (selection.kind === 'star') return []
  return selection.kind === 'value' ? [selection.expression] : selection.items.map((item) => item.expression)
}

/** The same for expressions that differ only in spacing and place: what GROUP BY and SELECT are matched by. */
export function shapeOf(expression: Expression): string {
  return JSON.stringify(expression, (name, value: unknown) => (name === 'start' || name === 'end' ? undefined : value))
}
