/** POST /api/auth/refresh */
import * as z from 'zod'
import { SessionRequest, SigninResponse } from '../../shared/accounts/api.ts'
import { bearerToken } from '../../shared/accounts/authenticate.ts'
import { refreshSession, renewAccessToken } from '../../shared/accounts/refresh.ts'
import { REFRESH_COOKIE, refreshTokenInCookie } from '../../shared/accounts/refresh-cookie.ts'
import { AppError } from '../../shared/errors.ts'
import { endpoint } from '../../shared/http/endpoint.ts'
import { sessionAnswer } from './session-answer.ts'

export const refreshEndpoint = endpoint({
  name: 'auth-refresh',
  summary: 'Get the next access token of a session',
  description: `The session is told by the first of these that is there:

1. \`refresh_token\` in the body: the answer has the next one;
2. the cookie \`herald_refresh\`, which sign-in sets: the answer sets the next one;
3. an access token that is still valid, in \`Authorization\`: the answer has another access token and no refresh token.

Each refresh token works once. Using one again ends its session, except within ten seconds, when the answer is the same
as before. A session ends after 14 days without a refresh, and after 30 days at most.`,
  method: 'POST',
  path: 'api/auth/refresh',
  allow: 'anyone',
  body: SessionRequest.optional(),
  document: { cookies: z.object({ [REFRESH_COOKIE]: z.string().optional() }) },
  responses: { 200: SigninResponse },
  errors: ['unauthorized'],
  async handle({ body, request }, deps) {
    if (body?.refresh_token !== undefined) {
      return sessionAnswer(await refreshSession(deps, body.refresh_token), 'body')
    }
    const cookie = refreshTokenInCookie(request)
    if (cookie !== undefined) return sessionAnswer(await refreshSession(deps, cookie), 'cookie')
    const accessToken = bearerToken(request.headers.get('authorization') ?? '')
    if (accessToken === undefined) throw new AppError('unauthorized', 'Sign in first: there is nothing to refresh')
    const renewed = await renewAccessToken(deps, accessToken)
    return { status: 200, body: { user_id: renewed.userId, access_token: renewed.accessToken, token_type: 'bearer' } }
  },
})
