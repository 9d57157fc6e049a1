import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startIdentityProviders, type IdentityProviderStandIns } from '../../../../local/identity-providers/server.ts'
import type { Person, TokenChanges } from '../../../../local/identity-providers/world.ts'
import type { IdentityProvider } from '../../../../shared/accounts/providers/identity.ts'
import { clientsOf } from '../../../support/identity-providers.ts'

let standIns: IdentityProviderStandIns
let google: IdentityProvider
let ada: Person
let now: Date

beforeAll(async () => {
  standIns = await startIdentityProviders()
})
afterAll(() => standIns.close())
beforeEach(() => {
  standIns.fail()
  standIns.changeTokens({})
  now = new Date()
  google = clientsOf(standIns, { now: () => now })('Google')
  ada = standIns.person()
})

const refused = { code: 'invalid_credentials' }
const unavailable = { code: 'provider_unavailable', status: 502 }
const CERTS = 'GET /oauth2/v3/certs'
const SECOND = 1000
const seconds = (ms: number) => Math.floor(ms / 1000)

/** How often the keys were read while `work` ran. */
async function keysRead(work: () => Promise<unknown>): Promise<number> {
  const before = standIns.requests.length
  await work()
  return standIns.requests.slice(before).filter((request) => request === CERTS).length
}

describe('a Google ID token', () => {
  it('tells who it is for', async () => {
    expect(await google.ofCredential(await standIns.idToken(ada))).toEqual({
      provider: 'Google',
      subject: ada.subject,
      email: ada.email,
      name: 'Ada Local',
    })
  })

  it('may name its issuer without the scheme, as Google has done', async () => {
    const iss = standIns.url.replace('http://', '')
    await expect(google.ofCredential(await standIns.idToken(ada, { claims: { iss } }))).resolves.toBeDefined()
  })

  it.each([undefined, null, '', ' \0 '])('without a usable name (%j) has none', async (name) => {
    const identity = await google.ofCredential(await standIns.idToken(ada, { claims: { name } }))
    expect(identity.name).toBeUndefined()
  })

  const clientId = () => standIns.settings['GOOGLE_CLIENT_ID']
  const REFUSED: [string, () => TokenChanges][] = [
    ['for another app', () => ({ claims: { aud: 'another-app' } })],
    ['for several apps, ours among them', () => ({ claims: { aud: [clientId(), 'another-app'] } })],
    ['for nobody', () => ({ claims: { aud: undefined } })],
    ['from another issuer', () => ({ claims: { iss: 'https://accounts.example' } })],
    ['from no issuer', () => ({ claims: { iss: undefined } })],
    ['that has expired', () => ({ claims: { exp: seconds(Date.now()) - 1 } })],
    ['that never expires', () => ({ claims: { exp: undefined } })],
    ['that is not valid yet', () => ({ claims: { nbf: seconds(Date.now()) + 600 } })],
    ['without a subject', () => ({ claims: { sub: undefined } })],
    ['with an empty subject', () => ({ claims: { sub: '' } })],
    ['with an address that is not verified', () => ({ claims: { email_verified: false } })],
    ['that does not say whether its address is verified', () => ({ claims: { email_verified: undefined } })],
    ['that says so in a text', () => ({ claims: { email_verified: 'true' } })],
    ['without an address', () => ({ claims: { email: undefined } })],
    ['with an address that is none', () => ({ claims: { email: 'ada' } })],
    ['without a signature', () => ({ algorithm: 'none' })],
    ['signed with another algorithm', () => ({ algorithm: 'PS256' })],
    ['signed with the public key as a shared secret', () => ({ algorithm: 'HS256' })],
    ['signed with a key that is not Google’s, under the id of one that is', () => ({ isForged: true })],
  ]
  it.each(REFUSED)('%s is refused', async (_what, changes) => {
    const token = await standIns.idToken(ada, changes())
    const error: unknown = await google.ofCredential(token).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject(refused)
    // Its words are shown: neither the token nor who it is for.
    expect(String(error)).not.toContain(token)
    expect(String(error)).not.toContain(ada.email)
  })

  it.each(['', 'nonsense', 'a.b.c', '🙈.🙈.🙈', 'x'.repeat(8000)])('that is none (%#) is refused', async (text) => {
    await expect(google.ofCredential(text)).rejects.toMatchObject(refused)
  })

  it('with a changed body is refused', async () => {
    const [header, , signature] = (await standIns.idToken(ada)).split('.')
    const [, body] = (await standIns.idToken(standIns.person())).split('.')
    await expect(google.ofCredential([header, body, signature].join('.'))).rejects.toMatchObject(refused)
  })

  it('expires by our clock', async () => {
    const token = await standIns.idToken(ada)
    now = new Date(Date.now() + 3601 * SECOND)
    await expect(google.ofCredential(token)).rejects.toMatchObject(refused)
  })
})

describe('Google’s keys', () => {
  it('are read once for many tokens', async () => {
    const token = await standIns.idToken(ada)
    const reads = await keysRead(() => Promise.all(Array.from({ length: 20 }, () => google.ofCredential(token))))
    expect(reads).toBe(1)
  })

  it('that are new are picked up with their first token', async () => {
    await google.ofCredential(await standIns.idToken(ada))
    await standIns.rotateKeys()
    now = new Date(Date.now() + 31 * SECOND)
    await expect(google.ofCredential(await standIns.idToken(ada))).resolves.toMatchObject({ subject: ada.subject })
  })

  it('are not read again for each made-up key id', async () => {
    const old = await standIns.idToken(ada)
    await standIns.rotateKeys()
    await google.ofCredential(await standIns.idToken(ada))
    const reads = await keysRead(async () => {
      for (let attempt = 0; attempt < 5; attempt++) {
        await expect(google.ofCredential(old)).rejects.toMatchObject(refused)
      }
    })
    expect(reads).toBe(0)
  })

  it('that are gone are not trusted after an hour', async () => {
    const lifetime = { claims: { exp: seconds(Date.now()) + 86_400 } }
    const old = await standIns.idToken(ada, lifetime)
    await google.ofCredential(old)
    await standIns.rotateKeys()
    await expect(google.ofCredential(old)).resolves.toBeDefined()
    now = new Date(Date.now() + 3601 * SECOND)
    await expect(google.ofCredential(old)).rejects.toMatchObject(refused)
  })

  it('known already serve their tokens while Google is down', async () => {
    const good = await standIns.idToken(ada)
    await google.ofCredential(good)
    await standIns.rotateKeys()
    const unknown = await standIns.idToken(ada)
    standIns.fail({ path: /certs/, effect: { status: 503, text: '{}' } })
    now = new Date(Date.now() + 31 * SECOND)
    await expect(google.ofCredential(unknown)).rejects.toMatchObject(unavailable)
    await expect(google.ofCredential(good)).resolves.toBeDefined()
  })
})

describe('Google in trouble', () => {
  it.each([
    ['an error', { status: 500, text: '{}' }],
    ['no JSON', { status: 200, text: '<html>' }],
    ['another shape', { status: 200, text: '{"keys":"none"}' }],
    ['a flood', { status: 200, text: JSON.stringify({ keys: ['x'.repeat(1024 * 1024)] }) }],
  ])('is told from a bad token when its keys are %s', async (_what, effect) => {
    standIns.fail({ path: /certs/, effect })
    await expect(google.ofCredential(await standIns.idToken(ada))).rejects.toMatchObject(unavailable)
    standIns.fail()
    await expect(google.ofCredential(await standIns.idToken(ada))).resolves.toBeDefined()
  })

  it('is not waited for longer than a person would', async () => {
    const impatient = clientsOf(standIns, { answerTimeoutMs: 100 })('Google')
    standIns.fail({ path: /configuration/, effect: 'hang' })
    await expect(impatient.ofCredential(await standIns.idToken(ada))).rejects.toMatchObject(unavailable)
  })

  it('is no reason to take somebody else’s configuration', async () => {
    const text = JSON.stringify({
      issuer: 'https://accounts.example',
      authorization_endpoint: `${standIns.url}/o/oauth2/v2/auth`,
      token_endpoint: `${standIns.url}/token`,
      jwks_uri: `${standIns.url}/oauth2/v3/certs`,
    })
    standIns.fail({ path: /configuration/, effect: { status: 200, text } })
    await expect(google.ofCredential(await standIns.idToken(ada))).rejects.toMatchObject(unavailable)
  })

  it('and nobody at its address are the same', async () => {
    const nobody = clientsOf(standIns, { changes: { GOOGLE_ISSUER_URL: 'http://127.0.0.1:9' } })('Google')
    await expect(nobody.ofCredential(await standIns.idToken(ada))).rejects.toMatchObject(unavailable)
  })
})
