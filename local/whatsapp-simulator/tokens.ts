/** Access tokens: exchange, Embedded Signup codes, inspection. Paths whose query carries secrets. */
import { randomBytes } from 'node:crypto'
import { expiredToken, tokenTextOf } from './auth.ts'
import { GraphError, required } from './errors.ts'
import type { Call } from './http.ts'
import { textOf } from './json.ts'
import type { Json } from './json.ts'
import { newId } from './world.ts'
import type { Token, World } from './world.ts'

export const allScopes = ['whatsapp_business_messaging', 'whatsapp_business_management', 'business_management']
const longLivedMs = 5_183_944_000

/** Makes a token with the usual rights; `parts` says what is different about it. */
export function issueToken(world: World, parts: Partial<Token>): Token {
  const token: Token = {
    value: `EAA${randomBytes(48).toString('base64url')}`,
    wabaIds: null,
    scopes: allScopes,
    type: 'SYSTEM_USER',
    issuedAt: world.now(),
    expiresAt: 0,
    userId: newId(world),
    ...parts,
  }
  world.tokens.set(token.value, token)
  world.store.put('token', token.value, token)
  return token
}

/** `GET /oauth/access_token`: an exchange for a longer life, a code of Embedded Signup, or the app's own token. */
export function exchangeToken(world: World, { query, fields }: Call): Json {
  const parameter = (name: string): string | undefined => query.get(name) ?? textOf(fields?.[name])
  checkApp(world, parameter('client_id'), parameter('client_secret'))
  const code = parameter('code')
  if (code !== undefined) return answerOf(world, redeemed(world, code))
  if (parameter('grant_type') === 'client_credentials') {
    return { access_token: `${world.app.id}|${world.app.secret}`, token_type: 'bearer' }
  }
  if (parameter('grant_type') !== 'fb_exchange_token') throw required('grant_type')
  const value = parameter('fb_exchange_token')
  if (value === undefined) throw required('fb_exchange_token')
  const token = world.tokens.get(value)
  if (!token) throw new GraphError(190, { http: 400 })
  if (token.expiresAt !== 0 && token.expiresAt <= world.now()) throw expiredToken(token.expiresAt, world.now())
  // One that never expires has nothing to be exchanged for: it comes back, without `expires_in`.
  if (token.expiresAt === 0) return answerOf(world, token)
  const { wabaIds, scopes, type, userId } = token
  return answerOf(world, issueToken(world, { wabaIds, scopes, type, userId, expiresAt: world.now() + longLivedMs }))
}

/** `GET /debug_token`: the caller shows the app's token or any valid one. */
export function inspectToken(world: World, call: Call): Json {
  const caller = tokenTextOf(call)
  const isApp = caller === `${world.app.id}|${world.app.secret}`
  if (!isApp && !world.tokens.has(caller ?? '')) throw new GraphError(190)
  const input = call.query.get('input_token')
  if (input === null) throw required('input_token')
  const token = world.tokens.get(input)
  if (!token) {
    const error = { code: 190, message: 'Invalid OAuth access token - Cannot parse access token' }
    return { data: { error, is_valid: false, scopes: [] } }
  }
  const isExpired = token.expiresAt !== 0 && token.expiresAt <= world.now()
  const targets = token.wabaIds === null ? {} : { target_ids: token.wabaIds }
  return {
    data: {
      app_id: world.app.id,
      type: token.type,
      application: 'Herald',
      ...(isExpired && {
        error: { code: 190, subcode: 463, message: expiredToken(token.expiresAt, world.now()).message },
      }),
      data_access_expires_at: 0,
      expires_at: Math.floor(token.expiresAt / 1000),
      is_valid: !isExpired,
      issued_at: Math.floor(token.issuedAt / 1000),
      scopes: token.scopes,
      granular_scopes: token.scopes.map((scope) => ({ scope, ...targets })),
      user_id: token.userId,
    },
  }
}

function redeemed(world: World, code: string): Token {
  const grant = world.codes.get(code)
  // A code works once, whatever comes of it.
  world.codes.delete(code)
  if (!grant || grant.expiresAt <= world.now()) {
    throw new GraphError(100, { subcode: 36007, message: 'This authorization code has expired or was used.' })
  }
  return issueToken(world, { wabaIds: grant.wabaIds, expiresAt: world.now() + longLivedMs })
}

function checkApp(world: World, id: string | undefined, secret: string | undefined): void {
  if (id === undefined) throw required('client_id')
  if (id !== world.app.id)
    throw new GraphError(101, {
      http: 400,
      message: 'Error validating application. Cannot get application info due to a system error.',
    })
  if (secret !== world.app.secret) throw new GraphError(1, { http: 400, message: 'Error validating client secret.' })
}

function answerOf(world: World, { value, expiresAt }: Token): Json {
  const life = expiresAt === 0 ? {} : { expires_in: Math.floor((expiresAt - world.now()) / 1000) }
  return { access_token: value, token_type: 'bearer', ...life }
}
