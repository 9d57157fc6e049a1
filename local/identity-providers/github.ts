/** GitHub's side of a sign-in: a consent page that needs no click, tokens, the person behind a token and their addresses. */
import { backTo, verifierFits, type Answer, type Call } from './wire.ts'
import { grantCode, issueGithubToken, takeGrant, type GithubToken, type World } from './world.ts'

const API = '/api/v3'

/** Undefined for a path that is not GitHub's. */
export function githubAnswer(world: World, call: Call): Answer | undefined {
  const application = new RegExp(`^${API}/applications/([^/]+)/token$`).exec(call.path)?.[1]
  if (call.method === 'POST' && application !== undefined)
    return checkToken(world, call, decodeURIComponent(application))
  const routes: Record<string, (world: World, call: Call) => Answer> = {
    'GET /login/oauth/authorize': consent,
    'POST /login/oauth/access_token': exchange,
    [`GET ${API}/user`]: user,
    [`GET ${API}/user/emails`]: emails,
  }
  return routes[`${call.method} ${call.path}`]?.(world, call)
}

function consent(world: World, { query }: Call): Answer {
  const redirectUri = query.get('redirect_uri')
  const codeChallenge = query.get('code_challenge')
  const state = query.get('state') ?? ''
  if (query.get('client_id') !== world.github.id) return { status: 404, body: { message: 'Not Found' } }
  if (redirectUri === null || codeChallenge === null || query.get('code_challenge_method') !== 'S256') {
    return { status: 400, body: { message: 'This stand-in insists on a redirect_uri and PKCE' } }
  }
  if (!world.consenting) {
    const error_description = 'The user has denied your application access.'
    return backTo(redirectUri, { error: 'access_denied', error_description, state })
  }
  const clientId = world.github.id
  const person = world.consenting
  return backTo(redirectUri, {
    code: grantCode(world, { person, clientId, redirectUri, codeChallenge, nonce: undefined }),
    state,
  })
}

/** GitHub tells refusals with a status of 200. */
function exchange(world: World, { fields }: Call): Answer {
  if (fields['client_id'] !== world.github.id || fields['client_secret'] !== world.github.secret) {
    return { status: 200, body: { error: 'incorrect_client_credentials' } }
  }
  const grant = takeGrant(world, fields['code'] ?? '')
  const fits = grant?.clientId === world.github.id && verifierFits(grant.codeChallenge, fields['code_verifier'])
  if (!fits) return { status: 200, body: { error: 'bad_verification_code' } }
  if (grant.redirectUri !== fields['redirect_uri']) return { status: 200, body: { error: 'redirect_uri_mismatch' } }
  const scopes = ['read:user', 'user:email']
  const access_token = issueGithubToken(world, { person: grant.person, clientId: world.github.id, scopes })
  return { status: 200, body: { access_token, token_type: 'bearer', scope: scopes.join(',') } }
}

function checkToken(world: World, { headers, fields }: Call, application: string): Answer {
  const { id, secret } = world.github
  const basic = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`
  if (application !== id || headers.authorization !== basic)
    return { status: 401, body: { message: 'Bad credentials' } }
  const token = world.githubTokens.get(fields['access_token'] ?? '')
  // Another app's token looks to us as if it did not exist.
  if (token?.clientId !== id) return { status: 404, body: { message: 'Not Found' } }
  return { status: 200, body: { app: { client_id: id }, scopes: token.scopes, user: profile(token) } }
}

function user(world: World, call: Call): Answer {
  const token = bearer(world, call)
  return token ? { status: 200, body: { ...profile(token), name: token.person.name } } : BAD_CREDENTIALS
}

function emails(world: World, call: Call): Answer {
  const token = bearer(world, call)
  if (!token) return BAD_CREDENTIALS
  if (!token.scopes.includes('user:email')) return { status: 404, body: { message: 'Not Found' } }
  const { email, emailVerified, login } = token.person
  return {
    status: 200,
    body: [
      { email: `${login}@users.noreply.example`, primary: false, verified: true, visibility: null },
      { email, primary: true, verified: emailVerified, visibility: 'private' },
    ],
  }
}

const BAD_CREDENTIALS: Answer = { status: 401, body: { message: 'Bad credentials' } }

/** Tokens of any app: asking who somebody is does not tell which app they gave the token to. */
function bearer(world: World, { headers }: Call): GithubToken | undefined {
  return world.githubTokens.get(/^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1] ?? '')
}

function profile({ person }: GithubToken) {
  return { id: Number(person.subject), login: person.login, type: 'User' }
}
