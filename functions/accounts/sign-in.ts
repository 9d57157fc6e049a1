/** POST /api/auth/signin */
import * as z from 'zod'
import { SigninResponse, Signup } from '../../shared/accounts/api.ts'
import { signInWithProvider } from '../../shared/accounts/provider-credential.ts'
import { Provider } from '../../shared/accounts/schema.ts'
import { signIn } from '../../shared/accounts/sign-in.ts'
import { clientAddress } from '../../shared/http/client-address.ts'
import { endpoint } from '../../shared/http/endpoint.ts'
import { RefreshTokenIn, sessionAnswer } from './session-answer.ts'

export const signInEndpoint = endpoint({
  name: 'auth-signin',
  summary: 'Get an access token for an e-mail address and its password',
  description: `The access token works for fifteen minutes. The answer also sets the cookie \`herald_refresh\`
(HttpOnly, Secure, SameSite=Strict, for \`/api/auth\`) that \`POST /api/auth/refresh\` takes for the next one. \`name\` is ignored.

With \`provider=Google\` the credential is an ID token for this server's client id, in \`id_token\`; with \`provider=GitHub\` a user
access token of this server's app, in \`access_token\`. Clients that keep to the documented fields send either as \`password\`.
It must belong to \`email\`. Whoever did not sign up with that very Google or GitHub account is refused, whoever has the address.

After ten wrong passwords from one address each further attempt doubles the wait, up to a quarter of an hour: 429, with
\`Retry-After\` in seconds. An address or an account with a hundred in a quarter of an hour waits for its end.`,
  method: 'POST',
  path: 'api/auth/signin',
  allow: 'anyone',
  query: z.object({ provider: Provider.default('Email'), refresh_token_in: RefreshTokenIn }),
  body: Signup,
  responses: { 200: SigninResponse },
  errors: ['invalid_credentials', 'provider_not_configured', 'provider_unavailable', 'too_many_requests'],
  async handle({ query, body, request }, deps) {
    const given = { ...body, address: clientAddress(request) }
    const session = await (query.provider === 'Email'
      ? signIn(deps, given)
      : signInWithProvider(deps, query.provider, given))
    return sessionAnswer(session, query.refresh_token_in)
  },
})
