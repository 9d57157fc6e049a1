/**
 * Continuation tokens. A token names the last item that was answered, so pages neither repeat nor miss an item that
 * stays where it is, whatever is written in between. Results that exist only as a whole (groups, distinct values)
 * are kept in memory and the token names the rest of them.
 */
import { createHash } from 'node:crypto'
import { badRequest } from '../errors.ts'
import { isObject } from '../json.ts'
import type { Position } from './access.ts'

export interface Resume extends Position {
  /** How many rows of that item were answered: with JOIN an item has several. */
  within: number
  offset: number
  /** What is left of LIMIT or TOP; null: no limit. */
  limit: number | null
}

const longestToken = 8 * 1024

export function fingerprint(query: unknown): string {
  return createHash('sha1').update(JSON.stringify(query)).digest('base64url').slice(0, 12)
}

export function tokenOf(content: Resume | { rest: string }, query: string): string {
  const token = Buffer.from(JSON.stringify({ query, ...content })).toString('base64url')
  if (token.length > longestToken) throw badRequest('The sort keys are too long for a continuation token.')
  return token
}

export function readToken(token: string, query: string): Resume | { rest: string } {
  const content = parsed(token)
  if (content['query'] !== query) throw badRequest('The continuation token does not belong to this query.')
  const { rest } = content
  if (typeof rest === 'string') return { rest }
  const { keys, seq, within, offset, limit } = content
  const isWhole = [seq, within, offset].every((value) => typeof value === 'number') && Array.isArray(keys)
  if (!isWhole || (limit !== null && typeof limit !== 'number')) throw invalidToken()
  return { keys: keys.map(String), seq: Number(seq), within: Number(within), offset: Number(offset), limit }
}

function parsed(token: string): Record<string, unknown> {
  try {
    const content: unknown = JSON.parse(Buffer.from(token, 'base64url').toString())
    if (isObject(content)) return content
  } catch {
    // Falls through to the one answer for all that is no token.
  }
  throw invalidToken()
}

function invalidToken(): Error {
  return badRequest('The continuation token is malformed.')
}

const mostKept = 200

/** Results waiting to be fetched, oldest forgotten first. */
export class KeptResults {
  readonly #results = new Map<string, string[]>()
  #count = 0

  keep(rest: string[]): string {
    const name = String(++this.#count)
    this.#results.set(name, rest)
    const [oldest] = this.#results.keys()
    if (this.#results.size > mostKept && oldest !== undefined) this.#results.delete(oldest)
    return name
  }

  find(name: string): string[] {
    const rest = this.#results.get(name)
    if (!rest) throw badRequest('The continuation token has expired.')
    return rest
  }
}
