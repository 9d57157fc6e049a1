/** Google: a person is known by an ID token, a JWT that Google signs for our client id alone. */
import { errors, jwtVerify } from 'jose'
import * as z from 'zod'
import type { Config } from '../../config.ts'
import { unavailable, type Ask } from './ask.ts'
import { googleMetadata, type GoogleMetadata } from './google-metadata.ts'
import {
  codeChallenge,
  displayName,
  refused,
  verifiedEmail,
  type BrowserAttempt,
  type IdentityProvider,
  type ProviderIdentity,
} from './identity.ts'

type GoogleClient = NonNullable<Config['google']>

interface GoogleDeps {
  ask: Ask
  now: () => Date
  client: GoogleClient
}

interface Known extends GoogleDeps {
  metadata: GoogleMetadata
}

export function google(deps: GoogleDeps): IdentityProvider {
  const known = { ...deps, metadata: googleMetadata({ ...deps, issuerUrl: deps.client.issuerUrl }) }
  return {
    ofCredential: (idToken) => verify(known, idToken),
    async authorizationUrl(attempt) {
      const url = new URL((await known.metadata.endpoints()).authorization_endpoint)
      url.search = new URLSearchParams({
        response_type: 'code',
        client_id: deps.client.clientId,
        redirect_uri: attempt.redirectUri,
        scope: 'openid email profile',
        state: attempt.state,
        nonce: attempt.nonce,
        code_challenge: codeChallenge(attempt),
        code_challenge_method: 'S256',
      }).toString()
      return url.href
    },
    ofCode: async (code, attempt) => verify(known, await exchange(known, code, attempt), attempt.nonce),
  }
}

const Claims = z.object({
  sub: z.string().min(1).max(255),
  // One client, not a list that ours is on: a token for several may come from any of them.
  aud: z.string(),
  email: z.string(),
  email_verified: z.literal(true),
  name: z.string().nullish(),
  nonce: z.string().optional(),
})

/** Without `nonce` the token came from a client that got it itself. */
async function verify({ client, metadata, now }: Known, idToken: string, nonce?: string): Promise<ProviderIdentity> {
  const claims = Claims.safeParse(await verifiedClaims({ client, metadata, now }, idToken))
  if (!claims.success) throw refused('Google has not verified the e-mail address of this account')
  if (nonce !== undefined && claims.data.nonce !== nonce) throw refused('This ID token belongs to another sign-in')
  const { sub: subject, email, name } = claims.data
  return { provider: 'Google', subject, email: verifiedEmail('Google', email), name: displayName(name) }
}

async function verifiedClaims(
  { client, metadata, now }: Pick<Known, 'client' | 'metadata' | 'now'>,
  idToken: string,
): Promise<unknown> {
  const { issuerUrl, clientId } = client
  try {
    const { payload } = await jwtVerify(idToken, metadata.key, {
      algorithms: ['RS256'],
      // Google has used both forms, and documents that both are its own.
      issuer: [issuerUrl, issuerUrl.replace(/^https?:\/\//, '')],
      audience: clientId,
      requiredClaims: ['sub', 'iat', 'exp'],
      currentDate: now(),
    })
    return payload
  } catch (error) {
    if (!(error instanceof errors.JOSEError)) throw error
    const words = error instanceof errors.JWTExpired ? 'has expired' : 'is not valid for this server'
    throw refused(`The Google ID token ${words}: sign in with Google again`, error)
  }
}

const Tokens = z.object({ id_token: z.string() })
const Refusal = z.object({ error: z.string() })

async function exchange({ ask, client, metadata }: Known, code: string, attempt: BrowserAttempt): Promise<string> {
  const { token_endpoint: url } = await metadata.endpoints()
  const { status, body } = await ask('Google', {
    method: 'POST',
    url,
    form: {
      grant_type: 'authorization_code',
      code,
      redirect_uri: attempt.redirectUri,
      client_id: client.clientId,
      client_secret: client.clientSecret,
      code_verifier: attempt.codeVerifier,
    },
  })
  const tokens = Tokens.safeParse(body)
  if (status === 200 && tokens.success) return tokens.data.id_token
  const error = Refusal.safeParse(body).data?.error ?? 'no error given'
  if (error === 'invalid_grant') throw refused('This sign-in is over or was used already: sign in with Google again')
  // Anything else is between Google and our settings: no person can mend it by trying again.
  throw unavailable('Google', `HTTP ${status} from the token endpoint: ${error.slice(0, 80)}`)
}
