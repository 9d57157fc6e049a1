/** Who calls and what they may touch: bearer tokens, scopes, the proof with the app secret. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { GraphError } from './errors.ts'
import type { Call } from './http.ts'
import { textOf } from './json.ts'
import type { Token, World } from './world.ts'

export type Scope = 'whatsapp_business_messaging' | 'whatsapp_business_management'

/** The token of the call; no token, an unknown and an expired one are all 401 with code 190. */
export function authenticate(world: World, call: Call): Token {
  const value = tokenTextOf(call)
  const token = value === undefined ? undefined : world.tokens.get(value)
  if (!token || value === undefined) throw new GraphError(190)
  if (token.expiresAt !== 0 && token.expiresAt <= world.now()) throw expiredToken(token.expiresAt, world.now())
  const proof = call.query.get('appsecret_proof') ?? textOf(call.fields?.['appsecret_proof'])
  if (proof !== undefined && !isProof(proof, token, () => proofOf(world.app.secret, value))) {
    throw new GraphError(100, {
      type: 'GraphMethodException',
      message: 'Invalid appsecret_proof provided in the API argument',
    })
  }
  return token
}

export function mayReach(token: Token, wabaId: string): boolean {
  return token.wabaIds === null || token.wabaIds.includes(wabaId)
}

export function requireScope(token: Token, scope: Scope): void {
  if (!token.scopes.includes(scope)) throw new GraphError(10)
}

/** `Bearer` is the usual form; Graph takes `OAuth` and the query parameter too. */
export function tokenTextOf({ headers, query, fields }: Call): string | undefined {
  const header = /^(?:Bearer|OAuth)\s+(\S+)$/i.exec(headers.authorization ?? '')?.[1]
  return header ?? query.get('access_token') ?? textOf(fields?.['access_token'])
}

export function expiredToken(expiredAt: number, now: number): GraphError {
  const message =
    `Error validating access token: Session has expired on ${dateText(expiredAt)}. ` +
    `The current time is ${dateText(now)}.`
  return new GraphError(190, { subcode: 463, message })
}

/** `Saturday, 13-Jun-26 05:00:00 PDT`, as Graph writes times, but in UTC. */
function dateText(time: number): string {
  const date = new Date(time)
  const weekday = date.toLocaleDateString('en-US', { weekday: 'long', timeZone: 'UTC' })
  const [, day, month, year] = /(\d\d) (\w{3}) \d\d(\d\d)/.exec(date.toUTCString()) ?? []
  return `${weekday}, ${day ?? ''}-${month ?? ''}-${year ?? ''} ${date.toISOString().slice(11, 19)} UTC`
}

/** Each token's, as every call brings it. */
const proofs = new WeakMap<Token, Buffer>()

function isProof(proof: string, token: Token, make: () => Buffer): boolean {
  const expected = proofs.get(token) ?? make()
  proofs.set(token, expected)
  const given = Buffer.from(proof)
  return given.length === expected.length && timingSafeEqual(given, expected)
}

function proofOf(secret: string, token: string): Buffer {
  return Buffer.from(createHmac('sha256', secret).update(token).digest('hex'))
}
