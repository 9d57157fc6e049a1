/**
 * The cookie a browser keeps its refresh token in: out of reach of the page's scripts (HttpOnly), sent to the sign-in
 * endpoints only (Path), over TLS only (Secure).
 *
 * SameSite is Strict because nobody follows a link to these endpoints: only the app's own pages call them, so a foreign
 * page can neither refresh nor end a session. Secure is set even where PUBLIC_URL begins with http://, because a setting
 * that was left out must not take TLS away; browsers and curl take `localhost` for secure (Safari does not: use the
 * refresh token in the body there).
 */
import { cookieIn } from '../http/cookies.ts'
import type { Cookie } from '../http/endpoint.ts'
import type { IncomingRequest } from '../http/request.ts'

export const REFRESH_COOKIE = 'herald_refresh'

export function refreshCookie(token: string, maxAge: number): Cookie {
  return { name: REFRESH_COOKIE, value: token, httpOnly: true, secure: true, sameSite: 'Strict', path: PATH, maxAge }
}

/** Makes the browser forget it. */
export function endedCookie(): Cookie {
  return refreshCookie('', 0)
}

export function refreshTokenInCookie(request: Pick<IncomingRequest, 'headers'>): string | undefined {
  return cookieIn(request, REFRESH_COOKIE)
}

const PATH = '/api/auth'
