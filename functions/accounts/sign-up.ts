/** POST /api/auth/signup */
import { z } from 'zod'
import { NewSignup, SignupResponse } from '../../shared/accounts/api.ts'
import { refuseForeignProvider } from '../../shared/accounts/providers.ts'
import { Provider } from '../../shared/accounts/schema.ts'
import { signUp } from '../../shared/accounts/sign-up.ts'
import { attemptSignUp } from '../../shared/accounts/throttle.ts'
import { clientAddress } from '../../shared/http/client-address.ts'
import { endpoint } from '../../shared/http/endpoint.ts'

export const signUpEndpoint = endpoint({
  name: 'auth-signup',
  summary: 'Make an account with an e-mail address and a password',
  method: 'POST',
  path: 'api/auth/signup',
  allow: 'anyone',
  query: z.object({ provider: Provider.default('Email') }),
  body: NewSignup,
  responses: { 200: SignupResponse },
  errors: ['email_taken', 'provider_not_configured', 'too_many_requests'],
  async handle({ query, body, request }, deps) {
    await attemptSignUp(deps, clientAddress(request))
    refuseForeignProvider(query.provider)
    const { id, name, email } = await signUp(deps, body)
    return { status: 200, body: { user_id: id, name, email } }
  },
})
