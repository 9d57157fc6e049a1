/** POST /api/auth/signin */
import { z } from 'zod'
import { Signin, SigninResponse } from '../../shared/accounts/api.ts'
import { refuseForeignProvider } from '../../shared/accounts/providers.ts'
import { Provider } from '../../shared/accounts/schema.ts'
import { signIn } from '../../shared/accounts/sign-in.ts'
import { endpoint } from '../../shared/http/endpoint.ts'

export const signInEndpoint = endpoint({
  name: 'auth-signin',
  summary: 'Get an access token for an e-mail address and its password',
  method: 'POST',
  path: 'api/auth/signin',
  allow: 'anyone',
  query: z.object({ provider: Provider.default('Email') }),
  body: Signin,
  responses: { 200: SigninResponse },
  errors: ['invalid_credentials', 'provider_not_configured', 'too_many_requests'],
  async handle({ query, body }, deps) {
    refuseForeignProvider(query.provider)
    const { userId, accessToken } = await signIn(deps, body)
    return {
      status: 200,
      headers: { 'cache-control': 'no-store' },
      body: { user_id: userId, access_token: accessToken, token_type: 'bearer' },
    }
  },
})
