/**
 * Where Google's endpoints are and which keys sign its ID tokens, as its issuer publishes them. Both are kept for an
 * hour; a token signed with a key not seen yet makes Herald look again, at most every half minute.
 */
import { createLocalJWKSet, errors, type JWTVerifyGetKey } from 'jose'
import * as z from 'zod'
import { unavailable, type Ask } from './ask.ts'

const KEPT_MS = 60 * 60_000
/** Anybody can make up key ids: they must not make us ask Google each time. */
const LOOK_AGAIN_AFTER_MS = 30_000

const Discovery = z.object({
  issuer: z.string(),
  authorization_endpoint: z.url(),
  token_endpoint: z.url(),
  jwks_uri: z.url(),
})
export type Discovery = z.output<typeof Discovery>

const KeySet = z.object({ keys: z.array(z.looseObject({ kty: z.string() })) })

interface MetadataDeps {
  ask: Ask
  now: () => Date
  issuerUrl: string
}

export interface GoogleMetadata {
  endpoints(): Promise<Discovery>
  key: JWTVerifyGetKey
}

export function googleMetadata({ ask, now, issuerUrl }: MetadataDeps): GoogleMetadata {
  const endpoints = kept(now, async () => {
    const { status, body } = await ask('Google', { url: `${issuerUrl}/.well-known/openid-configuration` })
    const parsed = Discovery.safeParse(body)
    if (status !== 200 || !parsed.success || parsed.data.issuer !== issuerUrl) {
      throw unavailable('Google', `HTTP ${status}: this is not the configuration of ${issuerUrl}`)
    }
    return parsed.data
  })
  const keys = kept(now, async () => {
    const { jwks_uri: url } = await endpoints.get(KEPT_MS)
    const { status, body } = await ask('Google', { url })
    const parsed = KeySet.safeParse(body)
    if (status !== 200 || !parsed.success) throw unavailable('Google', `HTTP ${status}: no key set`)
    // What a key must have beyond its type, jose checks when it is used.
    return createLocalJWKSet(parsed.data)
  })
  return {
    endpoints: () => endpoints.get(KEPT_MS),
    async key(header, token) {
      const find = await keys.get(KEPT_MS)
      try {
        return await find(header, token)
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey)) throw error
        const newer = await keys.get(LOOK_AGAIN_AFTER_MS)
        return newer(header, token)
      }
    },
  }
}

/**
 * A value read when it is wanted and not older than asked for. Many who want it at once read it once; while a newer one
 * is read, or cannot be, the one before serves those whom it is new enough for.
 */
function kept<Value>(now: () => Date, read: () => Promise<Value>) {
  let current: { value: Value; at: number } | undefined
  let reading: Promise<Value> | undefined
  const readAnew = async (): Promise<Value> => {
    try {
      const at = now().getTime()
      current = { at, value: await read() }
      return current.value
    } finally {
      reading = undefined
    }
  }
  return {
    async get(newerThanMs: number): Promise<Value> {
      if (current && now().getTime() - current.at < newerThanMs) return current.value
      return (reading ??= readAnew())
    },
  }
}
