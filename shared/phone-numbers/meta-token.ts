/**
 * What Meta says about an access token itself, and its exchange for one that lives longer. Both calls carry secrets in
 * the query string: their addresses are written nowhere.
 */
import * as z from 'zod'
import type { Deps } from '../deps.ts'
import { isAboutToken, metaFailure } from '../whatsapp/refusal.ts'

type TokenDeps = Pick<Deps, 'config' | 'graph' | 'log' | 'now'>

const Inspected = z.object({ data: z.object({ is_valid: z.boolean(), expires_at: z.number() }) })

/** When Meta will stop taking the token: null if never, or if Meta does not tell (a token of another app). */
export async function expiryOf({ config, graph, log }: TokenDeps, token: string): Promise<string | null> {
  const { appId, appSecrets } = config.meta
  const answer = await graph.call({
    method: 'GET',
    path: 'debug_token',
    token: `${appId}|${appSecrets[0] ?? ''}`,
    query: { input_token: token },
    secrets: [token],
  })
  const told = Inspected.safeParse(answer.kind === 'ok' ? answer.body : undefined)
  if (!told.success) {
    log.warn('phone_number.token_not_inspected', { answer: answer.kind })
    return null
  }
  const seconds = told.data.data.expires_at
  return seconds === 0 ? null : new Date(seconds * 1000).toISOString()
}

const Exchanged = z.object({ access_token: z.string().min(1), expires_in: z.number().positive().optional() })

export interface LongLived {
  token: string
  expiresAt: string | null
}

/** Throws `meta_refused` with Meta's code, or `meta_unavailable`. A token that never expires comes back as it is. */
export async function longLivedToken({ config, graph, now }: TokenDeps, token: string): Promise<LongLived> {
  const { appId, appSecrets } = config.meta
  const secret = appSecrets[0] ?? ''
  const answer = await graph.call({
    method: 'GET',
    path: 'oauth/access_token',
    query: { grant_type: 'fb_exchange_token', client_id: appId, client_secret: secret, fb_exchange_token: token },
    secrets: [token, secret],
  })
  if (answer.kind !== 'ok') {
    throw metaFailure(answer, (error) =>
      isAboutToken(error)
        ? 'Give the number a new access_token: this one cannot be exchanged any more'
        : "Only tokens of this server's own Meta app can be exchanged",
    )
  }
  const told = Exchanged.safeParse(answer.body)
  if (!told.success) throw metaFailure({ kind: 'unknown', reason: 'an exchange without a token' }, () => '')
  const { access_token, expires_in } = told.data
  const expiresAt = expires_in === undefined ? null : new Date(now().getTime() + expires_in * 1000).toISOString()
  return { token: access_token, expiresAt }
}
