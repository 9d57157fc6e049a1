/** GET /api/auth/oauth/{provider}/start */
import * as z from 'zod'
import { beginBrowserSignIn } from '../../shared/accounts/browser-sign-in.ts'
import { endpoint } from '../../shared/http/endpoint.ts'
import { OauthProvider, providerNamed } from './oauth-provider.ts'

export const oauthStartEndpoint = endpoint({
  name: 'auth-oauth-start',
  summary: 'Sign in with Google or GitHub in a browser',
  description: `For a link or a redirect of the browser, not for a script: answers 302 to the provider's page, which sends the
browser back to the callback. Whoever was not here before gets an account.

With \`redirect_to\` the browser ends there, with the cookie \`herald_refresh\`: the page then asks
\`POST /api/auth/refresh\` for an access token. Tokens are never part of an address.`,
  method: 'GET',
  path: 'api/auth/oauth/{provider}/start',
  allow: 'anyone',
  params: z.object({ provider: OauthProvider }),
  query: z.object({
    redirect_to: z.string().min(1).max(2000).optional().meta({
      description:
        'Where the browser goes in the end: a path of this server, or an address of an origin in CORS_ORIGINS.',
      example: '/welcome',
    }),
  }),
  responses: { 302: null },
  errors: ['provider_not_configured', 'provider_unavailable'],
  async handle({ params, query }, deps) {
    const { location, cookie } = await beginBrowserSignIn(deps, providerNamed(params.provider), query.redirect_to)
    return { status: 302, headers: { location }, cookies: [cookie] }
  },
})
