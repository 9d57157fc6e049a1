/**
 * Sign-in in a browser, by way of a provider's page. What the callback must match leaves in a cookie of that browser,
 * sealed and for ten minutes: a callback that somebody else's browser began, or nobody's, finds no such cookie.
 */
import { randomBytes } from 'node:crypto'
import * as z from 'zod'
import type { Config } from '../config.ts'
import { open, seal } from '../crypto/secret-box.ts'
import type { Deps } from '../deps.ts'
import { AppError, fieldProblem } from '../errors.ts'
import { cookieIn } from '../http/cookies.ts'
import type { Cookie } from '../http/endpoint.ts'
import type { IncomingRequest } from '../http/request.ts'
import { signInOrUpWithIdentity } from './identity-account.ts'
import { unavailable } from './providers/ask.ts'
import type { BrowserAttempt } from './providers/identity.ts'
import type { ForeignProvider } from './schema.ts'
import type { AccountDeps } from './sign-up.ts'

const ATTEMPT_SECONDS = 10 * 60
const PATH = '/api/auth/oauth'

const Attempt = z.object({
  state: z.string(),
  nonce: z.string(),
  codeVerifier: z.string(),
  redirectTo: z.string().optional(),
  expiresAt: z.number(),
})
type Attempt = z.output<typeof Attempt>

export async function beginBrowserSignIn(
  { config, identityProviders, now }: Pick<Deps, 'config' | 'identityProviders' | 'now'>,
  provider: ForeignProvider,
  redirectTo: string | undefined,
): Promise<{ location: string; cookie: Cookie }> {
  const attempt: Attempt = {
    state: secret(),
    nonce: secret(),
    codeVerifier: secret(),
    expiresAt: now().getTime() + ATTEMPT_SECONDS * 1000,
    ...(redirectTo === undefined ? {} : { redirectTo: allowedTarget(config, redirectTo) }),
  }
  const location = await identityProviders(provider).authorizationUrl(toProvider(config, provider, attempt))
  const sealed = seal(config.keyring, JSON.stringify(attempt), sealedFor(provider))
  return { location, cookie: attemptCookie(provider, sealed, ATTEMPT_SECONDS) }
}

/** What the provider sends the browser back with. */
export interface Callback {
  state?: string | undefined
  code?: string | undefined
  error?: string | undefined
}

/** The account, made if need be, and where the browser wanted to go. */
export async function finishBrowserSignIn(
  deps: AccountDeps & Pick<Deps, 'config' | 'identityProviders'>,
  provider: ForeignProvider,
  { request, callback }: { request: Pick<IncomingRequest, 'headers'>; callback: Callback },
): Promise<{ userId: string; redirectTo: string | undefined; cookie: Cookie }> {
  const providerOf = deps.identityProviders(provider)
  const attempt = attemptIn(deps, provider, request)
  if (!attempt || attempt.state !== callback.state) {
    const words = 'This sign-in was not begun in this browser, or more than ten minutes ago: begin again'
    throw new AppError('oauth_state_mismatch', words)
  }
  if (callback.code === undefined) throw withoutCode(provider, callback.error)
  const identity = await providerOf.ofCode(callback.code, toProvider(deps.config, provider, attempt))
  return {
    userId: await signInOrUpWithIdentity(deps, identity),
    redirectTo: attempt.redirectTo,
    cookie: attemptCookie(provider, '', 0),
  }
}

/** Our own pages and those of CORS_ORIGINS: sent on to any other address, people would take its page for ours. */
function allowedTarget({ publicUrl, corsOrigins }: Config, redirectTo: string): string {
  const url = URL.parse(redirectTo, publicUrl)
  const allowed = [new URL(publicUrl).origin, ...corsOrigins]
  const isWeb = url?.protocol === 'https:' || url?.protocol === 'http:'
  if (url && isWeb && allowed.includes(url.origin) && url.username === '' && url.password === '') return url.href
  throw fieldProblem(
    ['query', 'redirect_to'],
    'Input should be a path of this server, or an address that CORS_ORIGINS names',
  )
}

function toProvider({ publicUrl }: Config, provider: ForeignProvider, attempt: Attempt): BrowserAttempt {
  const { state, nonce, codeVerifier } = attempt
  return { state, nonce, codeVerifier, redirectUri: `${publicUrl}${PATH}/${provider.toLowerCase()}/callback` }
}

function attemptIn(
  { config, now }: Pick<Deps, 'config' | 'now'>,
  provider: ForeignProvider,
  request: Pick<IncomingRequest, 'headers'>,
): Attempt | undefined {
  const sealed = cookieIn(request, cookieName(provider))
  if (sealed === undefined) return undefined
  try {
    const attempt = Attempt.parse(JSON.parse(open(config.keyring, sealed, sealedFor(provider))))
    return attempt.expiresAt > now().getTime() ? attempt : undefined
  } catch {
    // Not sealed by us, or for the other provider.
    return undefined
  }
}

function withoutCode(provider: ForeignProvider, error: string | undefined): AppError {
  if (error === 'access_denied') return new AppError('oauth_declined', `You did not allow the sign-in with ${provider}`)
  // The provider's own trouble, or our settings': the person did nothing wrong.
  return unavailable(provider, `the callback came with the error ${JSON.stringify(error?.slice(0, 80))}`)
}

/** Lax: the provider's page sends the browser back here, which Strict would take for a foreign request. */
function attemptCookie(provider: ForeignProvider, value: string, maxAge: number): Cookie {
  return { name: cookieName(provider), value, httpOnly: true, secure: true, sameSite: 'Lax', path: PATH, maxAge }
}

function cookieName(provider: ForeignProvider): string {
  return `herald_oauth_${provider.toLowerCase()}`
}

function sealedFor(provider: ForeignProvider): string {
  return `sign-in with ${provider}`
}

function secret(): string {
  return randomBytes(32).toString('base64url')
}
