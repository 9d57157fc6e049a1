/** A reading position in a list of tokens, with the few questions a parser asks. */
import { sqlError } from '../errors.ts'
import type { CosmosError } from '../errors.ts'
import { tokensOf } from './tokens.ts'
import type { Token, TokenKind } from './tokens.ts'

export class Cursor {
  readonly text: string
  readonly #tokens: Token[]
  #position = 0

  constructor(text: string) {
    this.text = text
    this.#tokens = tokensOf(text)
  }

  peek(ahead = 0): Token {
    const token = this.#tokens[Math.min(this.#position + ahead, this.#tokens.length - 1)]
    if (!token) throw sqlError('Syntax error, the query is empty.')
    return token
  }

  next(): Token {
    const token = this.peek()
    this.#position++
    return token
  }

  /** Where the token before this position ends. */
  get lastEnd(): number {
    return this.#tokens[this.#position - 1]?.end ?? 0
  }

  at(kind: TokenKind, ...texts: string[]): boolean {
    const token = this.peek()
    return token.kind === kind && (texts.length === 0 || texts.includes(token.text))
  }

  /** Consumes the token if it is the keyword or symbol named. */
  takes(text: string): boolean {
    const token = this.peek()
    if ((token.kind !== 'keyword' && token.kind !== 'symbol') || token.text !== text) return false
    this.#position++
    return true
  }

  expect(text: string): Token {
    const token = this.peek()
    if (!this.takes(text)) throw this.unexpected()
    return token
  }

  expectName(): string {
    if (!this.at('name')) throw this.unexpected()
    return this.next().text
  }

  unexpected(): CosmosError {
    const token = this.peek()
    return sqlError(`Syntax error, incorrect syntax near '${token.text}' at position ${token.start}.`)
  }
}
