/** Google's side of a sign-in: configuration, keys that rotate, a consent page that needs no click, ID tokens. */
import { randomBytes } from 'node:crypto'
import { SignJWT, UnsecuredJWT, exportJWK, exportSPKI, generateKeyPair, importJWK, type JWK } from 'jose'
import { backTo, verifierFits, type Answer, type Call } from './wire.ts'
import { grantCode, takeGrant, type Person, type TokenChanges, type World } from './world.ts'

type Pair = Awaited<ReturnType<typeof generateKeyPair>>

export interface Google {
  /** Undefined for a path that is not Google's. */
  answer(call: Call): Promise<Answer> | Answer | undefined
  idToken: (person: Person, changes?: TokenChanges) => Promise<string>
  /** From now on a new key signs, and the one before is gone. */
  rotateKeys: () => Promise<void>
}

const TOKEN_LIVES_SECONDS = 3600

export async function googleStandIn(world: World, issuer: () => string): Promise<Google> {
  let key = await newKey()
  const forged = await newKey()
  const idToken = (person: Person, changes: TokenChanges = {}): Promise<string> =>
    signed(changes.isForged ? { ...forged, id: key.id } : key, changes, {
      iss: issuer(),
      aud: world.google.id,
      azp: world.google.id,
      sub: person.subject,
      email: person.email,
      email_verified: person.emailVerified,
      name: person.name,
      ...changes.claims,
    })
  const routes: Record<string, (call: Call) => Promise<Answer> | Answer> = {
    'GET /.well-known/openid-configuration': () => ({ status: 200, body: configuration(issuer()) }),
    'GET /oauth2/v3/certs': async () => ({ status: 200, body: { keys: [await published(key)] } }),
    'GET /o/oauth2/v2/auth': (call) => consent(world, call),
    'POST /token': (call) => exchange(world, call, idToken),
  }
  return {
    answer: (call) => routes[`${call.method} ${call.path}`]?.(call),
    idToken,
    async rotateKeys() {
      key = await newKey()
    },
  }
}

function configuration(issuer: string) {
  return {
    issuer,
    authorization_endpoint: `${issuer}/o/oauth2/v2/auth`,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/oauth2/v3/certs`,
    code_challenge_methods_supported: ['S256'],
  }
}

interface Key {
  id: string
  pair: Pair
}

async function newKey(): Promise<Key> {
  return { id: randomBytes(8).toString('hex'), pair: await generateKeyPair('RS256', { extractable: true }) }
}

/** Without `alg`, which a key may leave out: what it is used for is for the reader to insist on. */
async function published({ id, pair }: Key): Promise<JWK> {
  return { ...(await exportJWK(pair.publicKey)), kid: id, use: 'sig' }
}

async function signed({ id, pair }: Key, { algorithm }: TokenChanges, given: Record<string, unknown>): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  const claims = { iat: now, exp: now + TOKEN_LIVES_SECONDS, ...given }
  if (algorithm === 'none') return new UnsecuredJWT(claims).encode()
  const header = { alg: algorithm ?? 'RS256', kid: id, typ: 'JWT' }
  return new SignJWT(claims).setProtectedHeader(header).sign(await signingKey(pair, algorithm))
}

async function signingKey({ publicKey, privateKey }: Pair, algorithm: TokenChanges['algorithm']) {
  if (algorithm === 'HS256') return Buffer.from(await exportSPKI(publicKey))
  return algorithm === 'PS256' ? importJWK(await exportJWK(privateKey), 'PS256') : privateKey
}

function consent(world: World, { query }: Call): Answer {
  const asked = Object.fromEntries(query)
  const { redirect_uri: redirectUri, state = '', code_challenge: codeChallenge } = asked
  if (asked['client_id'] !== world.google.id || redirectUri === undefined || asked['response_type'] !== 'code') {
    return { status: 400, body: { error: 'invalid_request' } }
  }
  if (codeChallenge === undefined || asked['code_challenge_method'] !== 'S256' || !query.has('scope')) {
    return { status: 400, body: { error: 'invalid_request', error_description: 'This stand-in insists on PKCE' } }
  }
  if (!world.consenting) return backTo(redirectUri, { error: 'access_denied', state })
  const code = grantCode(world, {
    person: world.consenting,
    clientId: world.google.id,
    redirectUri,
    codeChallenge,
    nonce: asked['nonce'],
  })
  return backTo(redirectUri, { state, code, scope: asked['scope'] ?? '', authuser: '0', prompt: 'consent' })
}

async function exchange(world: World, { fields }: Call, idToken: Google['idToken']): Promise<Answer> {
  if (fields['client_id'] !== world.google.id || fields['client_secret'] !== world.google.secret) {
    return { status: 401, body: { error: 'invalid_client' } }
  }
  const grant = takeGrant(world, fields['code'] ?? '')
  const isOurs =
    grant?.clientId === world.google.id &&
    grant.redirectUri === fields['redirect_uri'] &&
    verifierFits(grant.codeChallenge, fields['code_verifier'])
  if (!isOurs || fields['grant_type'] !== 'authorization_code') {
    return { status: 400, body: { error: 'invalid_grant', error_description: 'Malformed auth code.' } }
  }
  const changes = world.tokenChanges
  const claims = { ...(grant.nonce === undefined ? {} : { nonce: grant.nonce }), ...changes.claims }
  const token = await idToken(grant.person, { ...changes, claims })
  const access_token = `ya29.${randomBytes(24).toString('base64url')}`
  return { status: 200, body: { access_token, id_token: token, expires_in: 3599, token_type: 'Bearer' } }
}
