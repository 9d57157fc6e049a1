/**
 * Exchanges a refresh token for the one that follows it, and for a fresh access token.
 *
 * The following token is made from the used one and the session's own secret, so that everybody who uses one token gets
 * the same successor, and nothing has to be stored that would be worth stealing: without the token, the secret makes
 * nothing; without the secret, a token does not lead to its successor. (A key of the settings would do as well, until
 * it is rotated between two such requests.)
 *
 * Two writes: first the successor is stored, then the session moves on to it, over the version that was read. Stopped in
 * between, the used token is still the current one and makes the same successor again. Whoever loses the race for the
 * session reads again and finds the token just used: that is the grace.
 */
import { createHmac } from 'node:crypto'
import type { Stored } from '../azure/cosmos.ts'
import { retryingConflicts } from '../conflicts.ts'
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import { issueAccessToken, verifyAccessToken } from './access-token.ts'
import { refreshCookie } from './refresh-cookie.ts'
import type { Session } from './session.ts'
import { isAlive, isInGrace, secondsLeft, secondsUntilOver, type SessionDocument } from './session-schema.ts'
import { refreshTokenId, sessionStore } from './session-store.ts'
import { accountStore } from './store.ts'

type RefreshDeps = Pick<Deps, 'config' | 'containers' | 'now' | 'log'>

export async function refreshSession(deps: RefreshDeps, token: string): Promise<Session> {
  const session = await retryingConflicts(() => moveOn(deps, token))
  await checkAccount(deps, session)
  const refreshToken = successorOf(token, session)
  const at = deps.now()
  return {
    userId: session.user_id,
    accessToken: await issueAccessToken(deps.config, session.user_id, at, session.session_id),
    refreshToken,
    cookie: refreshCookie(refreshToken, secondsLeft(session.started_at, at)),
  }
}

/**
 * A new access token for one that is still valid, while its session is. It gives no refresh token, and the session's
 * idle time runs on: whoever caught an access token cannot make a longer life of it than its owner does.
 */
export async function renewAccessToken(
  deps: RefreshDeps,
  accessToken: string,
): Promise<Pick<Session, 'userId' | 'accessToken'>> {
  const at = deps.now()
  const { userId, sessionId } = await verifyAccessToken(deps.config, accessToken, at)
  const stored = sessionId === undefined ? undefined : await sessionStore(deps.containers).findSession(sessionId)
  if (!stored || stored.value.user_id !== userId || !isAlive(stored.value, at)) throw over()
  await checkAccount(deps, stored.value)
  return { userId, accessToken: await issueAccessToken(deps.config, userId, at, sessionId) }
}

/** The session, with the token's successor as the current one. Throws `conflict` if the session changed meanwhile. */
async function moveOn(deps: RefreshDeps, token: string): Promise<SessionDocument> {
  const { containers, now, log } = deps
  const sessions = sessionStore(containers)
  const known = await sessions.findToken(token)
  const stored = known && (await sessions.findSession(known.session_id))
  const at = now()
  if (!known || !stored || !isAlive(stored.value, at)) throw over()
  const session = stored.value
  if (known.sequence >= session.sequence) return rotated(deps, stored, token, known.sequence + 1)
  if (known.sequence === session.sequence - 1 && isInGrace(session, at)) return session
  // Only a copy can come now: either its thief or its owner was here before. Nobody can tell which, so both have to go.
  await sessions.removeSession(session.session_id)
  log.warn('session.token_reused', { user_id: session.user_id })
  throw over()
}

async function rotated(
  { containers, now }: RefreshDeps,
  stored: Stored<SessionDocument>,
  token: string,
  sequence: number,
): Promise<SessionDocument> {
  const sessions = sessionStore(containers)
  const session = stored.value
  const at = now()
  await sessions.keepToken({
    id: refreshTokenId(successorOf(token, session)),
    type: 'refresh',
    v: 1,
    session_id: session.session_id,
    sequence,
    created_at: at.toISOString(),
    ttl: secondsUntilOver(session.started_at, at),
  })
  const ttl = secondsLeft(session.started_at, at)
  const moved = await sessions.replaceSession(stored, { ...session, sequence, rotated_at: at.toISOString(), ttl })
  return moved.value
}

function successorOf(token: string, { chain_secret }: SessionDocument): string {
  return createHmac('sha256', Buffer.from(chain_secret, 'base64url')).update(token).digest('base64url')
}

async function checkAccount({ containers }: RefreshDeps, { user_id, session_id }: SessionDocument): Promise<void> {
  if (await accountStore(containers).findUser(user_id)) return
  await sessionStore(containers).removeSession(session_id)
  throw over()
}

/** One answer for a token that never was, is used up, or whose session is over. */
function over(): AppError {
  return new AppError('unauthorized', 'This session is over: sign in again')
}
