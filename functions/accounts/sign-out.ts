/** POST /api/auth/logout */
import * as z from 'zod'
import { SessionRequest } from '../../shared/accounts/api.ts'
import { bearerToken } from '../../shared/accounts/authenticate.ts'
import { endedCookie, REFRESH_COOKIE, refreshTokenInCookie } from '../../shared/accounts/refresh-cookie.ts'
import { signOut } from '../../shared/accounts/sign-out.ts'
import { endpoint } from '../../shared/http/endpoint.ts'

export const signOutEndpoint = endpoint({
  name: 'auth-logout',
  summary: 'End a session',
  description: `Ends the session of the \`refresh_token\` in the body, of the cookie and of the access token in
\`Authorization\`, whichever are there, and clears the cookie. Answers the same whether or not there was a session. An
access token that is out works for the rest of its fifteen minutes.`,
  method: 'POST',
  path: 'api/auth/logout',
  allow: 'anyone',
  body: SessionRequest.optional(),
  document: { cookies: z.object({ [REFRESH_COOKIE]: z.string().optional() }) },
  responses: { 204: null },
  async handle({ body, request }, deps) {
    const given = [body?.refresh_token, refreshTokenInCookie(request)]
    await signOut(deps, {
      refreshTokens: given.filter((token) => token !== undefined),
      accessToken: bearerToken(request.headers.get('authorization') ?? ''),
    })
    return { status: 204, cookies: [endedCookie()] }
  },
})
