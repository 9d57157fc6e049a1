/** Splits the text of a query into tokens. Everything that is not a token of Cosmos DB's SQL is a 400. */
import { sqlError } from '../errors.ts'

export type TokenKind = 'name' | 'keyword' | 'number' | 'string' | 'parameter' | 'symbol' | 'end'

export interface Token {
  kind: TokenKind
  /** Keywords in upper case, names and symbols as written, strings unescaped. */
  text: string
  start: number
  end: number
}

const keywords = new Set(
  (
    'AND ARRAY AS ASC BETWEEN BY DESC DISTINCT ESCAPE EXISTS FALSE FROM GROUP IN JOIN LIKE LIMIT NOT NULL OFFSET OR ' +
    'ORDER SELECT TOP TRUE UDF UNDEFINED VALUE WHERE'
  ).split(' '),
)
const lexeme =
  /[ \t\r\n]+|--[^\n]*|(?<name>[A-Za-z_][A-Za-z0-9_]*)|(?<parameter>@[A-Za-z_][A-Za-z0-9_]*)|(?<number>0[xX][0-9A-Fa-f]+|(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)|(?<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|(?<symbol>>>>|\?\?|\|\||<>|<=|>=|!=|<<|>>|[()[\]{},.:?+\-*/%&|^~=<>])/gy

export function tokensOf(text: string): Token[] {
  const tokens: Token[] = []
  lexeme.lastIndex = 0
  let position = 0
  while (position < text.length) {
    const match = lexeme.exec(text)
    if (!match) throw sqlError(`Syntax error, invalid token at position ${position}.`)
    position = lexeme.lastIndex
    const token = tokenOf(match, position)
    if (token) tokens.push(token)
  }
  tokens.push({ kind: 'end', text: '<EOF>', start: text.length, end: text.length })
  return tokens
}

function tokenOf(match: RegExpExecArray, end: number): Token | undefined {
  const start = match.index
  const { name, parameter, number, string, symbol } = match.groups ?? {}
  if (name !== undefined) {
    const upper = name.toUpperCase()
    return keywords.has(upper) ? { kind: 'keyword', text: upper, start, end } : { kind: 'name', text: name, start, end }
  }
  if (parameter !== undefined) return { kind: 'parameter', text: parameter, start, end }
  if (number !== undefined) return { kind: 'number', text: number, start, end }
  if (string !== undefined) return { kind: 'string', text: unescaped(string.slice(1, -1)), start, end }
  return symbol === undefined ? undefined : { kind: 'symbol', text: symbol, start, end }
}

const escapes: Record<string, string> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }

function unescaped(text: string): string {
  return text.replace(/\\(u[0-9A-Fa-f]{4}|.)/gs, (_, escape: string) => {
    if (escape.length === 5) return String.fromCharCode(Number.parseInt(escape.slice(1), 16))
    const plain = escapes[escape] ?? ('"\'\\/'.includes(escape) ? escape : undefined)
    if (plain === undefined) throw sqlError(`Syntax error, invalid escape sequence '\\${escape}'.`)
    return plain
  })
}
