import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { meEndpoint } from '../../../functions/accounts/me.ts'
import { signInEndpoint } from '../../../functions/accounts/sign-in.ts'
import { signUpEndpoint } from '../../../functions/accounts/sign-up.ts'
import { startIdentityProviders, type IdentityProviderStandIns } from '../../../local/identity-providers/server.ts'
import type { Person } from '../../../local/identity-providers/world.ts'
import { callEndpoint } from '../../support/http.ts'
import { A_PASSWORD, A_STRING, aPerson, textAt } from '../../support/tenants.ts'
import { aWorld, type World } from '../../support/world.ts'

let standIns: IdentityProviderStandIns
let world: World

beforeAll(async () => {
  standIns = await startIdentityProviders()
  world = await aWorld({ env: standIns.settings })
})
afterAll(async () => {
  await world.close()
  await standIns.close()
})
beforeEach(() => standIns.fail())

const PROVIDERS = [
  {
    provider: 'Google',
    field: 'id_token',
    credentialOf: (person: Person) => standIns.idToken(person),
    anothers: (person: Person) => standIns.idToken(person, { claims: { aud: 'another-app' } }),
  },
  {
    provider: 'GitHub',
    field: 'access_token',
    credentialOf: (person: Person) => Promise.resolve(standIns.githubToken(person)),
    anothers: (person: Person) => Promise.resolve(standIns.githubToken(person, { clientId: 'another-app' })),
  },
]

describe('provider=Email', () => {
  it('keeps its rule for new passwords, whatever other credential lies beside', async () => {
    const json = { email: 'ada@example.com', password: 'short', id_token: 'nonsense', access_token: 'nonsense' }
    const answer = await callEndpoint(world, signUpEndpoint, { json })
    expect(answer).toMatchObject({ status: 422, body: { detail: [{ loc: ['body', 'password'] }] } })
  })
})

describe.each(PROVIDERS)('provider=$provider', ({ provider, field, credentialOf, anothers }) => {
  const query = { provider }
  const signUp = (json: object) => callEndpoint(world, signUpEndpoint, { query, json })
  const signIn = (json: object) => callEndpoint(world, signInEndpoint, { query, json })

  it('signs up and in with the credential in its own field', async () => {
    const ada = standIns.person()
    const json = { email: ada.email, password: '', [field]: await credentialOf(ada) }
    const signedUp = await signUp(json)
    expect(signedUp.status).toBe(200)
    expect(signedUp.body).toEqual({ user_id: A_STRING, name: 'Ada Local', email: ada.email })
    const signedIn = await signIn(json)
    expect(signedIn.status).toBe(200)
    expect(signedIn.body).toEqual({
      user_id: textAt(signedUp, 'user_id'),
      access_token: A_STRING,
      token_type: 'bearer',
    })
    expect(signedIn.cookies.map(({ name }) => name)).toEqual(['herald_refresh'])
    const me = await callEndpoint(world, meEndpoint, { token: textAt(signedIn, 'access_token') })
    expect(me.body).toMatchObject({ user_id: textAt(signedUp, 'user_id'), email: ada.email })
  })

  it('signs up and in with the documented fields alone: the credential is the password', async () => {
    const ada = standIns.person()
    const json = { email: ada.email.toUpperCase(), password: await credentialOf(ada), name: 'Countess' }
    expect(await signUp(json)).toMatchObject({ status: 200, body: { name: 'Countess', email: ada.email } })
    expect((await signIn(json)).status).toBe(200)
  })

  it('answers 401 where the credential is another person’s', async () => {
    const [ada, eve] = [standIns.person(), standIns.person()]
    await signUp({ email: ada.email, password: await credentialOf(ada) })
    for (const ask of [signUp, signIn]) {
      const answer = await ask({ email: ada.email, password: await credentialOf(eve) })
      expect(answer).toMatchObject({ status: 401, body: { code: 'invalid_credentials' } })
    }
  })

  it('answers 401 to what was issued to another app, to passwords and to nothing', async () => {
    const ada = standIns.person()
    await signUp({ email: ada.email, password: await credentialOf(ada) })
    for (const password of [await anothers(ada), A_PASSWORD, '        ']) {
      const answer = await signIn({ email: ada.email, password })
      expect(answer).toMatchObject({ status: 401, body: { code: 'invalid_credentials' } })
      expect(answer.headers['www-authenticate']).toBe('Bearer')
    }
    expect((await signIn({ email: ada.email, password: '' })).status).toBe(401)
  })

  it('prefers its own field to the password, and never takes the other provider’s', async () => {
    const ada = standIns.person()
    const credential = await credentialOf(ada)
    const other = field === 'id_token' ? 'access_token' : 'id_token'
    expect((await signUp({ email: ada.email, password: credential, [field]: 'nonsense' })).status).toBe(401)
    expect((await signUp({ email: ada.email, password: A_PASSWORD, [other]: credential })).status).toBe(401)
  })

  it('answers 401 at sign-in to who has only a password, and 409 at sign-up', async () => {
    const { email } = await aPerson(world)
    const json = { email, password: await credentialOf(standIns.person({ email })) }
    expect(await signIn(json)).toMatchObject({ status: 401, body: { code: 'invalid_credentials' } })
    expect(await signUp(json)).toMatchObject({ status: 409, body: { code: 'email_taken' } })
  })

  it('answers 401 to a password for an account that has none', async () => {
    const ada = standIns.person()
    await signUp({ email: ada.email, password: await credentialOf(ada) })
    const json = { email: ada.email, password: A_PASSWORD }
    const answer = await callEndpoint(world, signInEndpoint, { json })
    expect(answer).toMatchObject({ status: 401, body: { code: 'invalid_credentials' } })
  })

  it('answers 502 while the provider is down', async () => {
    const ada = standIns.person()
    const json = { email: ada.email, password: await credentialOf(ada) }
    standIns.fail({ path: /./, effect: { status: 503, text: '{}' } })
    const down = await aWorld({ env: standIns.settings })
    const answer = await callEndpoint(down, signInEndpoint, { query, json })
    expect(answer).toMatchObject({ status: 502, body: { code: 'provider_unavailable' } })
    await down.close()
  })

  it('logs neither credential nor address', async () => {
    const ada = standIns.person()
    const credential = await credentialOf(ada)
    await signUp({ email: ada.email, password: credential })
    await signIn({ email: 'somebody@example.com', password: credential })
    standIns.fail({ path: /user|configuration/, effect: { status: 503, text: '{}' } })
    await signIn({ email: ada.email, password: credential })
    const log = JSON.stringify(world.lines)
    expect(log).not.toContain(credential)
    expect(log).not.toContain(ada.email)
  })

  it('answers 501 where it is not set up', async () => {
    const bare = await aWorld()
    for (const endpoint of [signUpEndpoint, signInEndpoint]) {
      const json = { email: 'ada@example.com', password: A_PASSWORD }
      const answer = await callEndpoint(bare, endpoint, { query, json })
      expect(answer).toMatchObject({ status: 501, body: { code: 'provider_not_configured' } })
    }
    await bare.close()
  })

  it('answers 429 to who tries again and again', async () => {
    const ada = standIns.person()
    const statuses: number[] = []
    for (let attempt = 0; attempt < 12; attempt++) {
      statuses.push((await signIn({ email: ada.email, password: 'nonsense' })).status)
    }
    expect(statuses.at(0)).toBe(401)
    expect(statuses.at(-1)).toBe(429)
  })
})
