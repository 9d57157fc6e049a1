/** GET /api/auth/oauth/{provider}/callback */
import * as z from 'zod'
import { SigninResponse } from '../../shared/accounts/api.ts'
import { finishBrowserSignIn } from '../../shared/accounts/browser-sign-in.ts'
import { startSession } from '../../shared/accounts/session.ts'
import { endpoint } from '../../shared/http/endpoint.ts'
import { OauthProvider, providerNamed } from './oauth-provider.ts'
import { sessionAnswer } from './session-answer.ts'

/** As much as a provider sends, and no more than is worth reading. */
const text = z.string().max(4096).optional()

export const oauthCallbackEndpoint = endpoint({
  name: 'auth-oauth-callback',
  summary: 'Where the provider sends the browser back to',
  description: `Called by the provider's page only. Finishes what \`start\` began in the same browser within ten minutes, sets the
cookie \`herald_refresh\`, and answers 302 to its \`redirect_to\`, or, without one, as sign-in does.

An address that has an account already is refused (409) unless that account was made with this very Google or GitHub
account: an account is never found by its e-mail address.`,
  method: 'GET',
  path: 'api/auth/oauth/{provider}/callback',
  allow: 'anyone',
  params: z.object({ provider: OauthProvider }),
  query: z.object({
    code: text.describe('What the provider gives out for tokens'),
    state: text.describe('What `start` gave to the provider; 400 unless the cookie of `start` goes with it'),
    error: text.describe('Why the provider did not sign anybody in, such as `access_denied`'),
  }),
  responses: { 200: SigninResponse, 302: null },
  errors: [
    'oauth_state_mismatch',
    'oauth_declined',
    'invalid_credentials',
    'email_taken',
    'conflict',
    'provider_not_configured',
    'provider_unavailable',
  ],
  async handle({ params, query, request }, deps) {
    const provider = providerNamed(params.provider)
    const { userId, redirectTo, cookie } = await finishBrowserSignIn(deps, provider, { request, callback: query })
    const session = await startSession(deps, userId)
    if (redirectTo === undefined) {
      const answer = sessionAnswer(session, 'cookie')
      return { ...answer, cookies: [...(answer.cookies ?? []), cookie] }
    }
    return { status: 302, headers: { location: redirectTo }, cookies: [session.cookie, cookie] }
  },
})
