/**
 * Ends the session that a refresh token or an access token belongs to, with all its tokens. Access tokens that are out
 * run on for the rest of their fifteen minutes: they are checked without a look at the session.
 */
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import { verifyAccessToken } from './access-token.ts'
import { sessionStore } from './session-store.ts'

export interface SessionProof {
  /** Any of the session, used up ones too. */
  refreshTokens: readonly string[]
  accessToken?: string | undefined
}

/** Safe to repeat. Never tells whether there was such a session. */
export async function signOut(
  deps: Pick<Deps, 'config' | 'containers' | 'now'>,
  { refreshTokens, accessToken }: SessionProof,
): Promise<void> {
  const sessions = sessionStore(deps.containers)
  const found = await Promise.all([
    ...refreshTokens.map(async (token) => (await sessions.findToken(token))?.session_id),
    accessToken === undefined ? undefined : sessionOf(deps, accessToken),
  ])
  const ids = new Set(found.filter((id) => id !== undefined))
  await Promise.all([...ids].map((id) => sessions.removeSession(id)))
}

async function sessionOf({ config, now }: Pick<Deps, 'config' | 'now'>, token: string): Promise<string | undefined> {
  try {
    return (await verifyAccessToken(config, token, now())).sessionId
  } catch (error) {
    if (error instanceof AppError && error.code === 'unauthorized') return undefined
    throw error
  }
}
