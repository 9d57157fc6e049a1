/** How a session is handed out: to a browser as a cookie that scripts cannot read, to other clients in the body. */
import * as z from 'zod'
import type { Session } from '../../shared/accounts/session.ts'
import type { Answer } from '../../shared/http/endpoint.ts'

/** Asked for at sign-in: a page never does, so that no script of it ever holds the refresh token. */
export const RefreshTokenIn = z.enum(['cookie', 'body']).default('cookie').meta({
  description: 'Where to put the refresh token; `body` is for clients that keep no cookies.',
})

export function sessionAnswer(session: Session, refreshTokenIn: z.output<typeof RefreshTokenIn>): Answer {
  const body = { user_id: session.userId, access_token: session.accessToken, token_type: 'bearer' }
  if (refreshTokenIn === 'body') return { status: 200, body: { ...body, refresh_token: session.refreshToken } }
  return { status: 200, body, cookies: [session.cookie] }
}
