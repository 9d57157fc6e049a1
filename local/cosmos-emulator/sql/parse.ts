/** Parses a query: SELECT … FROM … WHERE … GROUP BY … ORDER BY … OFFSET … LIMIT …, and nothing beyond it. */
import { sqlError } from '../errors.ts'
import type { Expression, OrderItem, Query, Selection, Source } from './ast.ts'
import { Cursor } from './cursor.ts'
import { parseExpression } from './parse-expression.ts'
import { parsePostfix } from './parse-primary.ts'

const maxQueryLength = 512 * 1024

export function parseSql(text: string): Query {
  if (text.length > maxQueryLength)
    throw sqlError('The SQL query text exceeded the maximum limit of 524288 characters.')
  const cursor = new Cursor(text)
  const query = parseQuery(cursor)
  if (!cursor.at('end')) throw cursor.unexpected()
  return query
}

export function parseQuery(cursor: Cursor): Query {
  cursor.expect('SELECT')
  const isDistinct = cursor.takes('DISTINCT')
  const top = cursor.takes('TOP') ? parseCount(cursor) : undefined
  const selection = parseSelection(cursor)
  const start = cursor.peek().start
  const sources = cursor.takes('FROM') ? parseSources(cursor) : []
  const fromSpan = { start, end: sources.length === 0 ? start : cursor.lastEnd }
  const where = cursor.takes('WHERE') ? parseExpression(cursor) : undefined
  const groupBy = parseGroupBy(cursor)
  const orderBy = parseOrderBy(cursor)
  const { offset, limit } = parseOffsetLimit(cursor)
  return { isDistinct, top, selection, sources, where, groupBy, orderBy, offset, limit, fromSpan }
}

function parseCount(cursor: Cursor): Expression {
  if (!cursor.at('number') && !cursor.at('parameter')) throw cursor.unexpected()
  return parsePostfix(cursor)
}

function parseSelection(cursor: Cursor): Selection {
  if (cursor.takes('*')) return { kind: 'star' }
  if (cursor.takes('VALUE')) return { kind: 'value', expression: parseExpression(cursor) }
  const items: { name: string; expression: Expression }[] = []
  let unnamed = 0
  do {
    const expression = parseExpression(cursor)
    const name = parseAlias(cursor) ?? impliedName(expression) ?? `$${++unnamed}`
    if (items.some((item) => item.name === name)) {
      throw sqlError(`Cannot use duplicate property name '${name}'. Specify an alias for each of the properties.`)
    }
    items.push({ name, expression })
  } while (cursor.takes(','))
  return { kind: 'list', items }
}

function parseAlias(cursor: Cursor): string | undefined {
  if (cursor.takes('AS')) return cursor.at('string') ? cursor.next().text : cursor.expectName()
  return cursor.at('name') ? cursor.next().text : undefined
}

function impliedName(expression: Expression): string | undefined {
  if (expression.kind === 'name') return expression.name
  if (expression.kind !== 'member' || expression.key.kind !== 'literal') return undefined
  return typeof expression.key.value === 'string' ? expression.key.value : undefined
}

function parseSources(cursor: Cursor): Source[] {
  const sources = [parseSource(cursor)]
  while (cursor.takes('JOIN')) sources.push(parseSource(cursor))
  return sources
}

function parseSource(cursor: Cursor): Source {
  if (cursor.at('name') && cursor.peek(1).text === 'IN' && cursor.peek(1).kind === 'keyword') {
    const alias = cursor.expectName()
    cursor.expect('IN')
    return { alias, iterates: true, from: parseFrom(cursor) }
  }
  const from = parseFrom(cursor)
  const alias = parseAlias(cursor) ?? (from.kind === 'path' ? impliedName(from.expression) : undefined)
  if (alias === undefined) throw sqlError('Syntax error, a source of FROM or JOIN needs an alias.')
  // A subquery in FROM yields its rows one by one.
  return { alias, iterates: from.kind === 'subquery', from }
}

function parseFrom(cursor: Cursor): Source['from'] {
  const isInParentheses = cursor.at('symbol', '(')
  const expression = parsePostfix(cursor)
  if (expression.kind === 'subquery' && expression.mode === 'scalar') {
    return { kind: 'subquery', query: expression.query }
  }
  if (isInParentheses || !isPath(expression))
    throw sqlError('Syntax error, FROM takes a container, a path or a subquery.')
  return { kind: 'path', expression }
}

function isPath(expression: Expression): boolean {
  return expression.kind === 'name' || (expression.kind === 'member' && isPath(expression.of))
}

function parseGroupBy(cursor: Cursor): Expression[] {
  const expressions: Expression[] = []
  if (!cursor.takes('GROUP')) return expressions
  cursor.expect('BY')
  do expressions.push(parseExpression(cursor))
  while (cursor.takes(','))
  return expressions
}

function parseOrderBy(cursor: Cursor): OrderItem[] {
  const items: OrderItem[] = []
  if (!cursor.takes('ORDER')) return items
  cursor.expect('BY')
  do {
    const expression = parseExpression(cursor)
    const isDescending = cursor.takes('DESC')
    if (!isDescending) cursor.takes('ASC')
    items.push({ expression, isDescending })
  } while (cursor.takes(','))
  return items
}

function parseOffsetLimit(cursor: Cursor): { offset: Expression | undefined; limit: Expression | undefined } {
  if (!cursor.takes('OFFSET')) return { offset: undefined, limit: undefined }
  const offset = parseCount(cursor)
  cursor.expect('LIMIT')
  return { offset, limit: parseCount(cursor) }
}
