/** Parses scalar expressions of Cosmos DB's SQL by precedence, lowest first: ?:, ??, OR, AND, NOT, comparison, … */
import { sqlError } from '../errors.ts'
import type { BinaryOperator, Expression } from './ast.ts'
import type { Cursor } from './cursor.ts'
import { parsePostfix } from './parse-primary.ts'

export function parseExpression(cursor: Cursor): Expression {
  const test = parseCoalesce(cursor)
  if (!cursor.takes('?')) return test
  const yes = parseExpression(cursor)
  cursor.expect(':')
  const no = parseExpression(cursor)
  return { kind: 'conditional', test, yes, no, start: test.start, end: no.end }
}

function binary(operator: BinaryOperator, left: Expression, right: Expression): Expression {
  return { kind: 'binary', operator, left, right, start: left.start, end: right.end }
}

function negation(argument: Expression, start: number): Expression {
  return { kind: 'unary', operator: 'NOT', argument, start, end: argument.end }
}

function parseCoalesce(cursor: Cursor): Expression {
  const left = parseOr(cursor)
  return cursor.takes('??') ? binary('??', left, parseCoalesce(cursor)) : left
}

function parseOr(cursor: Cursor): Expression {
  let left = parseAnd(cursor)
  while (cursor.takes('OR')) left = binary('OR', left, parseAnd(cursor))
  return left
}

function parseAnd(cursor: Cursor): Expression {
  let left = parseNot(cursor)
  while (cursor.takes('AND')) left = binary('AND', left, parseNot(cursor))
  return left
}

/** `NOT a = b` means different things in different dialects; it is refused, so that nobody relies on either. */
function parseNot(cursor: Cursor): Expression {
  if (!cursor.at('keyword', 'NOT')) return parseComparison(cursor)
  const { start } = cursor.next()
  const argument = cursor.at('keyword', 'NOT') ? parseNot(cursor) : parseBits(cursor)
  if (cursor.at('symbol', ...comparisons) || cursor.at('keyword', 'IN', 'BETWEEN', 'LIKE', 'NOT')) {
    throw sqlError('Syntax error, NOT before a comparison needs parentheses around the comparison.')
  }
  return negation(argument, start)
}

const comparisons = ['=', '!=', '<>', '<', '<=', '>', '>=']

function parseComparison(cursor: Cursor): Expression {
  let left = parseBits(cursor)
  for (;;) {
    const next = parseComparisonTail(cursor, left)
    if (!next) return left
    left = next
  }
}

function parseComparisonTail(cursor: Cursor, left: Expression): Expression | undefined {
  if (cursor.at('symbol', ...comparisons)) {
    const { text } = cursor.next()
    // `text` is one of `comparisons`, and `<>` is the only one that is no operator of the tree.
    return binary(text === '<>' ? '!=' : (text as BinaryOperator), left, parseBits(cursor))
  }
  const isNegated = cursor.at('keyword', 'NOT') && isRangeKeyword(cursor.peek(1).text)
  if (isNegated) cursor.next()
  const test = parseRange(cursor, left)
  return test && isNegated ? negation(test, left.start) : test
}

function isRangeKeyword(text: string): boolean {
  return text === 'IN' || text === 'BETWEEN' || text === 'LIKE'
}

function parseRange(cursor: Cursor, argument: Expression): Expression | undefined {
  const { start } = argument
  if (cursor.takes('BETWEEN')) {
    const low = parseBits(cursor)
    cursor.expect('AND')
    const high = parseBits(cursor)
    return { kind: 'between', argument, low, high, start, end: high.end }
  }
  if (cursor.takes('IN')) {
    cursor.expect('(')
    const list = parseList(cursor, ')')
    if (list.length === 0) throw cursor.unexpected()
    return { kind: 'in', argument, list, start, end: cursor.lastEnd }
  }
  if (!cursor.takes('LIKE')) return undefined
  const pattern = parseBits(cursor)
  const escape = cursor.takes('ESCAPE') ? parseBits(cursor) : undefined
  return { kind: 'like', argument, pattern, escape, start, end: cursor.lastEnd }
}

/** Comma-separated expressions up to and including the closing symbol. */
export function parseList(cursor: Cursor, close: string): Expression[] {
  const items: Expression[] = []
  if (cursor.takes(close)) return items
  do items.push(parseExpression(cursor))
  while (cursor.takes(','))
  cursor.expect(close)
  return items
}

/** From `|` (loosest) to `*` (tightest); each level is left-associative. */
const levels: BinaryOperator[][] = [['|'], ['^'], ['&'], ['<<', '>>', '>>>'], ['+', '-', '||'], ['*', '/', '%']]

function parseBits(cursor: Cursor): Expression {
  return parseLevel(cursor, 0)
}

function parseLevel(cursor: Cursor, level: number): Expression {
  const operators = levels[level]
  if (!operators) return parseUnary(cursor)
  let left = parseLevel(cursor, level + 1)
  for (;;) {
    const operator = cursor.peek().kind === 'symbol' && operators.find((text) => text === cursor.peek().text)
    if (!operator) return left
    cursor.next()
    left = binary(operator, left, parseLevel(cursor, level + 1))
  }
}

function parseUnary(cursor: Cursor): Expression {
  const { text, start } = cursor.peek()
  if (cursor.at('symbol') && (text === '-' || text === '+' || text === '~')) {
    cursor.next()
    const argument = parseUnary(cursor)
    return { kind: 'unary', operator: text, argument, start, end: argument.end }
  }
  return parsePostfix(cursor)
}
