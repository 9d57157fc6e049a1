/** Parses the smallest expressions: literals, names, paths, calls, arrays, objects and subqueries. */
import { sqlError } from '../errors.ts'
import type { Value } from '../json.ts'
import type { Expression } from './ast.ts'
import type { Cursor } from './cursor.ts'
import { parseExpression, parseList } from './parse-expression.ts'
import { parseQuery } from './parse.ts'
import type { Token } from './tokens.ts'

/** A primary expression and the `.name` and `[index]` that follow it. */
export function parsePostfix(cursor: Cursor): Expression {
  let of = parsePrimary(cursor)
  for (;;) {
    if (cursor.takes('.')) {
      const { text, start, end } = cursor.peek()
      cursor.expectName()
      of = { kind: 'member', of, key: { kind: 'literal', value: text, start, end }, start: of.start, end }
    } else if (cursor.takes('[')) {
      const key = parseExpression(cursor)
      cursor.expect(']')
      of = { kind: 'member', of, key, start: of.start, end: cursor.lastEnd }
    } else return of
  }
}

const constants: Record<string, Value> = { TRUE: true, FALSE: false, NULL: null, UNDEFINED: undefined }

function parsePrimary(cursor: Cursor): Expression {
  const token = cursor.peek()
  switch (token.kind) {
    case 'number':
      return literal(cursor, Number(token.text))
    case 'string':
      return literal(cursor, token.text)
    case 'parameter':
      cursor.next()
      return { kind: 'parameter', name: token.text, start: token.start, end: token.end }
    case 'name':
      return parseName(cursor, token)
    case 'keyword':
      return parseKeyword(cursor, token)
    default:
      return parseBracket(cursor, token)
  }
}

function literal(cursor: Cursor, value: Value): Expression {
  const { start, end } = cursor.next()
  if (typeof value === 'number' && !Number.isFinite(value)) throw sqlError('Syntax error, a number is out of range.')
  return { kind: 'literal', value, start, end }
}

function parseName(cursor: Cursor, token: Token): Expression {
  cursor.next()
  if (!cursor.takes('(')) return { kind: 'name', name: token.text, start: token.start, end: token.end }
  const list = parseList(cursor, ')')
  return { kind: 'call', name: token.text.toUpperCase(), arguments: list, start: token.start, end: cursor.lastEnd }
}

function parseKeyword(cursor: Cursor, token: Token): Expression {
  if (Object.hasOwn(constants, token.text)) return literal(cursor, constants[token.text])
  const { start } = token
  if (token.text === 'EXISTS' || token.text === 'ARRAY') {
    cursor.next()
    cursor.expect('(')
    const query = parseQuery(cursor)
    cursor.expect(')')
    const mode = token.text === 'EXISTS' ? 'exists' : 'array'
    return { kind: 'subquery', mode, query, start, end: cursor.lastEnd }
  }
  throw cursor.unexpected()
}

function parseBracket(cursor: Cursor, token: Token): Expression {
  const { start } = token
  if (cursor.takes('[')) {
    const items = parseList(cursor, ']')
    return { kind: 'array', items, start, end: cursor.lastEnd }
  }
  if (cursor.takes('{')) return parseObject(cursor, start)
  cursor.expect('(')
  if (cursor.at('keyword', 'SELECT')) {
    const query = parseQuery(cursor)
    cursor.expect(')')
    return { kind: 'subquery', mode: 'scalar', query, start, end: cursor.lastEnd }
  }
  const inner = parseExpression(cursor)
  cursor.expect(')')
  return { ...inner, start, end: cursor.lastEnd }
}

function parseObject(cursor: Cursor, start: number): Expression {
  const entries: { name: string; value: Expression }[] = []
  if (!cursor.takes('}')) {
    do {
      if (!cursor.at('string') && !cursor.at('name')) throw cursor.unexpected()
      const name = cursor.next().text
      cursor.expect(':')
      entries.push({ name, value: parseExpression(cursor) })
    } while (cursor.takes(','))
    cursor.expect('}')
  }
  return { kind: 'object', entries, start, end: cursor.lastEnd }
}
