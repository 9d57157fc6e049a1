/** POST /api/auth/signup */
import * as z from 'zod'
import { NewSignup, SignupResponse, checkNewPassword } from '../../shared/accounts/api.ts'
import { signUpWithProvider } from '../../shared/accounts/provider-credential.ts'
import { Provider } from '../../shared/accounts/schema.ts'
import { signUp } from '../../shared/accounts/sign-up.ts'
import { attemptSignUp } from '../../shared/accounts/throttle.ts'
import { clientAddress } from '../../shared/http/client-address.ts'
import { endpoint } from '../../shared/http/endpoint.ts'

export const signUpEndpoint = endpoint({
  name: 'auth-signup',
  summary: 'Make an account with an e-mail address and a password',
  description: `No token is given out: sign in next. Without \`name\` the part of the address before the @ is the name. Whoever was invited
to a workspace with this address is a member of it from now on.

With \`provider=Google\` or \`provider=GitHub\` the account is made with their credential in place of a password, as
sign-in describes it: it must be good, and belong to \`email\`. The account can then be signed in to that way only.`,
  method: 'POST',
  path: 'api/auth/signup',
  allow: 'anyone',
  query: z.object({ provider: Provider.default('Email') }),
  body: NewSignup,
  responses: { 200: SignupResponse },
  errors: [
    'email_taken',
    'invalid_credentials',
    'provider_not_configured',
    'provider_unavailable',
    'too_many_requests',
  ],
  async handle({ query, body, request }, deps) {
    if (query.provider === 'Email') checkNewPassword(body.password)
    await attemptSignUp(deps, clientAddress(request))
    const { id, name, email } = await (query.provider === 'Email'
      ? signUp(deps, body)
      : signUpWithProvider(deps, query.provider, body))
    return { status: 200, body: { user_id: id, name, email } }
  },
})
