/**
 * What signing in gives: an access token for fifteen minutes and a refresh token that gets the next one. The refresh
 * token is a secret of the client's alone; here only its hash is stored.
 */
import { randomBytes } from 'node:crypto'
import type { Deps } from '../deps.ts'
import type { Cookie } from '../http/endpoint.ts'
import { newUuid } from '../ids.ts'
import { issueAccessToken } from './access-token.ts'
import { refreshCookie } from './refresh-cookie.ts'
import { IDLE_SECONDS, LONGEST_SECONDS } from './session-schema.ts'
import { refreshTokenId, sessionDocumentId, sessionStore } from './session-store.ts'

export interface Session {
  userId: string
  accessToken: string
  /** For clients that keep no cookies; a browser gets it in `cookie` only. */
  refreshToken: string
  cookie: Cookie
}

const TOKEN_BYTES = 32

/** Starts a session of a person whose identity was just proven. */
export async function startSession(
  { config, containers, now }: Pick<Deps, 'config' | 'containers' | 'now'>,
  userId: string,
): Promise<Session> {
  const sessions = sessionStore(containers)
  const sessionId = newUuid()
  const refreshToken = randomBytes(TOKEN_BYTES).toString('base64url')
  const at = now()
  const startedAt = at.toISOString()
  await Promise.all([
    sessions.createSession({
      id: sessionDocumentId(sessionId),
      type: 'session',
      v: 1,
      session_id: sessionId,
      user_id: userId,
      chain_secret: randomBytes(TOKEN_BYTES).toString('base64url'),
      sequence: 0,
      started_at: startedAt,
      rotated_at: startedAt,
      ttl: IDLE_SECONDS,
    }),
    sessions.keepToken({
      id: refreshTokenId(refreshToken),
      type: 'refresh',
      v: 1,
      session_id: sessionId,
      sequence: 0,
      created_at: startedAt,
      ttl: LONGEST_SECONDS,
    }),
  ])
  const accessToken = await issueAccessToken(config, userId, at, sessionId)
  return { userId, accessToken, refreshToken, cookie: refreshCookie(refreshToken, IDLE_SECONDS) }
}
