/**
 * GitHub: a person is known by a user access token. GitHub takes any app's token of a person, so Herald asks first
 * whether it was issued to our app: else whoever runs another app could sign in here as each of its users.
 */
import * as z from 'zod'
import type { Config } from '../../config.ts'
import { unavailable, type Ask, type Reply } from './ask.ts'
import {
  codeChallenge,
  displayName,
  refused,
  verifiedEmail,
  type BrowserAttempt,
  type IdentityProvider,
  type ProviderIdentity,
} from './identity.ts'

interface GithubDeps {
  ask: Ask
  client: NonNullable<Config['github']>
}

export function github(deps: GithubDeps): IdentityProvider {
  return {
    ofCredential: (token) => verify(deps, token),
    authorizationUrl(attempt) {
      const url = new URL(`${deps.client.url}/login/oauth/authorize`)
      url.search = new URLSearchParams({
        client_id: deps.client.clientId,
        redirect_uri: attempt.redirectUri,
        scope: 'read:user user:email',
        state: attempt.state,
        code_challenge: codeChallenge(attempt),
        code_challenge_method: 'S256',
      }).toString()
      return Promise.resolve(url.href)
    },
    ofCode: async (code, attempt) => verify(deps, await exchange(deps, code, attempt)),
  }
}

const User = z.object({ id: z.int().positive(), login: z.string(), name: z.string().nullish() })
const Emails = z.array(z.object({ email: z.string(), primary: z.boolean(), verified: z.boolean() }))

async function verify(deps: GithubDeps, token: string): Promise<ProviderIdentity> {
  // Nothing else fits into a header; GitHub's own look like gho_….
  if (!/^[\w.-]{1,255}$/.test(token)) throw badToken()
  await checkIssuedToUs(deps, token)
  const read = (path: string): Promise<Reply> =>
    deps.ask('GitHub', { url: `${deps.client.apiUrl}${path}`, headers: { authorization: `Bearer ${token}` } })
  const [user, emails] = await Promise.all([read('/user'), read('/user/emails')])
  // Without the scope, GitHub answers as if there were no such page.
  if (emails.status === 403 || emails.status === 404) {
    throw refused('This GitHub token may not read e-mail addresses: it needs the scope user:email')
  }
  const { id, login, name } = parsed(User, user)
  const primary = parsed(Emails, emails).find((entry) => entry.primary && entry.verified)
  if (!primary) throw refused('GitHub has no verified primary e-mail address for this account')
  return {
    provider: 'GitHub',
    subject: String(id),
    email: verifiedEmail('GitHub', primary.email),
    name: displayName(name) ?? displayName(login),
  }
}

const Issued = z.object({ app: z.object({ client_id: z.string() }) })

async function checkIssuedToUs({ ask, client }: GithubDeps, token: string): Promise<void> {
  const { clientId, clientSecret, apiUrl } = client
  const reply = await ask('GitHub', {
    method: 'POST',
    url: `${apiUrl}/applications/${encodeURIComponent(clientId)}/token`,
    headers: { authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}` },
    json: { access_token: token },
  })
  if (reply.status === 404 || reply.status === 422) throw badToken()
  // 401 is about our own id and secret.
  if (reply.status === 401) throw unavailable('GitHub', 'HTTP 401: our client id and secret are refused')
  if (parsed(Issued, reply).app.client_id !== clientId) throw badToken()
}

const Token = z.object({ access_token: z.string() })
const Refusal = z.object({ error: z.string() })

async function exchange({ ask, client }: GithubDeps, code: string, attempt: BrowserAttempt): Promise<string> {
  const { status, body } = await ask('GitHub', {
    method: 'POST',
    url: `${client.url}/login/oauth/access_token`,
    form: {
      client_id: client.clientId,
      client_secret: client.clientSecret,
      code,
      redirect_uri: attempt.redirectUri,
      code_verifier: attempt.codeVerifier,
    },
  })
  // Refusals come with a status of 200.
  const token = Token.safeParse(body)
  if (status === 200 && token.success) return token.data.access_token
  const error = Refusal.safeParse(body).data?.error ?? 'no error given'
  if (error === 'bad_verification_code') {
    throw refused('This sign-in is over or was used already: sign in with GitHub again')
  }
  throw unavailable('GitHub', `HTTP ${status} from the token endpoint: ${error.slice(0, 80)}`)
}

function parsed<Schema extends z.ZodType>(schema: Schema, { status, body }: Reply): z.output<Schema> {
  if (status === 401) throw badToken()
  const result = schema.safeParse(body)
  if (status !== 200 || !result.success) throw unavailable('GitHub', `HTTP ${status} with an unexpected body`)
  return result.data
}

function badToken() {
  return refused('The GitHub token is not valid, or was not issued to this server: sign in with GitHub again')
}
