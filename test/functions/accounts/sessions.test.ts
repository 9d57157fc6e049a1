import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { meEndpoint } from '../../../functions/accounts/me.ts'
import { refreshEndpoint } from '../../../functions/accounts/refresh.ts'
import { signInEndpoint } from '../../../functions/accounts/sign-in.ts'
import { signOutEndpoint } from '../../../functions/accounts/sign-out.ts'
import { signUpEndpoint } from '../../../functions/accounts/sign-up.ts'
import { SIGN_UP_RULE } from '../../../shared/accounts/throttle.ts'
import { callEndpoint, type CallAnswer } from '../../support/http.ts'
import { A_PASSWORD, A_STRING, aPerson, anEmail, textAt } from '../../support/tenants.ts'
import { aWorld, type World } from '../../support/world.ts'

let world: World
let clock = new Date('2026-05-01T12:00:00Z')
let email: string
let userId: string

beforeAll(async () => {
  world = await aWorld({ now: () => clock })
  ;({ email, userId } = await aPerson(world))
})
afterAll(() => world.close())

function pass(seconds: number): void {
  clock = new Date(clock.getTime() + seconds * 1000)
}

function signIn(query: Record<string, string> = {}): Promise<CallAnswer> {
  return callEndpoint(world, signInEndpoint, { json: { email, password: A_PASSWORD }, query })
}

/** The Cookie header of a browser that got these answers, the latest first. */
function cookieOf({ cookies }: CallAnswer): { cookie: string } {
  const pairs = cookies.map(({ name, value }) => `${name}=${value}`)
  return { cookie: ['theme=dark', ...pairs, 'lang=de'].join('; ') }
}

const REFRESH_COOKIE = {
  name: 'herald_refresh',
  value: A_STRING,
  httpOnly: true,
  secure: true,
  sameSite: 'Strict',
  path: '/api/auth',
  maxAge: 14 * 24 * 3600,
}
const ANSWER = { user_id: A_STRING, access_token: A_STRING, token_type: 'bearer' }
const REFUSAL = { status: 401, body: { code: 'unauthorized' }, headers: { 'www-authenticate': 'Bearer' }, cookies: [] }

describe('POST /api/auth/signin', () => {
  it('sets the refresh cookie and keeps its token out of the body', async () => {
    const answer = await signIn()
    expect(answer).toMatchObject({ status: 200, cookies: [REFRESH_COOKIE] })
    expect(answer.body).toEqual(ANSWER)
  })

  it('puts the refresh token in the body for a client that asks for it, and sets no cookie', async () => {
    const answer = await signIn({ refresh_token_in: 'body' })
    expect(answer).toMatchObject({ status: 200, cookies: [] })
    expect(answer.body).toEqual({ ...ANSWER, refresh_token: A_STRING })
    expect((await signIn({ refresh_token_in: 'header' })).status).toBe(422)
  })

  it('answers 429 with Retry-After after ten wrong passwords from one address, whatever the client forges', async () => {
    const guess = (forged: string): Promise<CallAnswer> =>
      callEndpoint(world, signInEndpoint, {
        json: { email: 'nobody@example.com', password: A_PASSWORD },
        headers: { 'x-forwarded-for': `${forged}, 203.0.113.9:4711` },
      })
    for (let turn = 0; turn < 10; turn++) expect((await guess(`198.51.100.${turn}`)).status).toBe(401)
    const answer = await guess('198.51.100.77')
    expect(answer).toMatchObject({ status: 429, headers: { 'retry-after': '30' } })
    expect(answer.body).toMatchObject({ code: 'too_many_requests', detail: A_STRING, request_id: A_STRING })
  })
})

describe('POST /api/auth/signup', () => {
  it('answers 429 with Retry-After to an address that makes very many accounts', async () => {
    const signUp = (): Promise<CallAnswer> =>
      callEndpoint(world, signUpEndpoint, {
        json: { email, password: A_PASSWORD },
        headers: { 'x-forwarded-for': '203.0.113.10:4711' },
      })
    for (let turn = 0; turn < SIGN_UP_RULE.limit; turn++) expect((await signUp()).status).toBe(409)
    expect(await signUp()).toMatchObject({ status: 429, headers: { 'retry-after': '3600' } })
    const { status } = await callEndpoint(world, signUpEndpoint, { json: { email: anEmail(), password: A_PASSWORD } })
    expect(status).toBe(200)
  })
})

describe('POST /api/auth/refresh', () => {
  it('with the cookie and no body answers 200 and sets the next cookie', async () => {
    const first = await signIn()
    const answer = await callEndpoint(world, refreshEndpoint, { headers: cookieOf(first) })
    expect(answer).toMatchObject({ status: 200, cookies: [REFRESH_COOKIE] })
    expect(answer.body).toEqual({ ...ANSWER, user_id: userId })
    expect(answer.cookies[0]?.value).not.toBe(first.cookies[0]?.value)
    expect((await callEndpoint(world, meEndpoint, { token: textAt(answer, 'access_token') })).status).toBe(200)
    expect((await callEndpoint(world, refreshEndpoint, { headers: cookieOf(answer) })).status).toBe(200)
  })

  it('takes an empty body of any type', async () => {
    for (const type of ['application/json', 'application/x-www-form-urlencoded', 'text/plain']) {
      const headers = { ...cookieOf(await signIn()), 'content-type': type }
      expect((await callEndpoint(world, refreshEndpoint, { headers, bytes: Buffer.alloc(0) })).status).toBe(200)
    }
    const headers = cookieOf(await signIn())
    expect((await callEndpoint(world, refreshEndpoint, { headers, json: {} })).status).toBe(200)
  })

  it('with the token in the body answers with the next one there', async () => {
    const first = await signIn({ refresh_token_in: 'body' })
    const json = { refresh_token: textAt(first, 'refresh_token') }
    // The body decides, whatever a cookie says.
    const answer = await callEndpoint(world, refreshEndpoint, { json, headers: { cookie: 'herald_refresh=old' } })
    expect(answer).toMatchObject({ status: 200, cookies: [] })
    expect(answer.body).toEqual({ ...ANSWER, user_id: userId, refresh_token: A_STRING })
    expect(textAt(answer, 'refresh_token')).not.toBe(json.refresh_token)
  })

  it('with a valid access token answers with another one and no refresh token', async () => {
    const token = textAt(await signIn(), 'access_token')
    pass(60)
    const answer = await callEndpoint(world, refreshEndpoint, { token })
    expect(answer).toMatchObject({ status: 200, cookies: [] })
    expect(answer.body).toEqual({ ...ANSWER, user_id: userId })
    pass(15 * 60)
    expect(await callEndpoint(world, refreshEndpoint, { token })).toMatchObject(REFUSAL)
    const renewed = await callEndpoint(world, meEndpoint, { token: textAt(answer, 'access_token') })
    expect(renewed.status).toBe(401)
  })

  it('does not heal a cookie that was used again with an access token', async () => {
    const first = await signIn()
    await callEndpoint(world, refreshEndpoint, { headers: cookieOf(first) })
    pass(11)
    const token = textAt(first, 'access_token')
    expect(await callEndpoint(world, refreshEndpoint, { headers: cookieOf(first), token })).toMatchObject(REFUSAL)
    expect(await callEndpoint(world, refreshEndpoint, { token })).toMatchObject(REFUSAL)
  })

  it.each<[string, Record<string, string>]>([
    ['nothing', {}],
    ['an empty cookie', { cookie: 'herald_refresh=' }],
    ['a made-up cookie', { cookie: 'herald_refresh=nonsense' }],
    ['another cookie', { cookie: 'xherald_refresh=a; herald=b' }],
    ['a made-up access token', { authorization: 'Bearer nonsense' }],
    ['another scheme', { authorization: 'Basic dXNlcjpwYXNz' }],
    ['an API key', { 'x-api-key': '6a2f41a3-c54c-4ce8-b1d7-0a4a8ad3d9a7' }],
  ])('answers 401 with %s', async (_what, headers) => {
    expect(await callEndpoint(world, refreshEndpoint, { headers })).toMatchObject(REFUSAL)
  })

  it('answers 422 for a token that is no text, and 415 for a form', async () => {
    for (const json of [
      { refresh_token: 1 },
      { refresh_token: '' },
      { refresh_token: 'x'.repeat(201) },
      [],
      'x',
      null,
    ]) {
      expect((await callEndpoint(world, refreshEndpoint, { json })).status).toBe(422)
    }
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const bytes = Buffer.from('refresh_token=x')
    expect((await callEndpoint(world, refreshEndpoint, { headers, bytes })).status).toBe(415)
  })
})

describe('POST /api/auth/logout', () => {
  it('answers 204, clears the cookie and ends the session, as often as it is asked', async () => {
    const headers = cookieOf(await signIn())
    for (let turn = 0; turn < 2; turn++) {
      const answer = await callEndpoint(world, signOutEndpoint, { headers })
      expect(answer).toMatchObject({ status: 204, body: undefined })
      expect(answer.cookies).toEqual([{ ...REFRESH_COOKIE, value: '', maxAge: 0 }])
    }
    expect(await callEndpoint(world, refreshEndpoint, { headers })).toMatchObject(REFUSAL)
  })

  it('takes a refresh token in the body, or an access token', async () => {
    const first = await signIn({ refresh_token_in: 'body' })
    const json = { refresh_token: textAt(first, 'refresh_token') }
    expect((await callEndpoint(world, signOutEndpoint, { json })).status).toBe(204)
    expect(await callEndpoint(world, refreshEndpoint, { json })).toMatchObject(REFUSAL)
    const second = await signIn()
    const token = textAt(second, 'access_token')
    expect((await callEndpoint(world, signOutEndpoint, { token })).status).toBe(204)
    expect(await callEndpoint(world, refreshEndpoint, { headers: cookieOf(second) })).toMatchObject(REFUSAL)
  })

  it('answers the same when there is no session', async () => {
    const real = await callEndpoint(world, signOutEndpoint, { headers: cookieOf(await signIn()) })
    const attempts = [
      {},
      { headers: { cookie: 'herald_refresh=nonsense' } },
      { json: { refresh_token: 'x' } },
      { token: 'x' },
    ]
    for (const options of attempts) {
      const answer = await callEndpoint(world, signOutEndpoint, options)
      expect({ ...answer, headers: {} }).toEqual({ ...real, headers: {} })
    }
  })
})

it('no token of a session is ever logged', async () => {
  const first = await signIn({ refresh_token_in: 'body' })
  const json = { refresh_token: textAt(first, 'refresh_token') }
  const second = await callEndpoint(world, refreshEndpoint, { json })
  pass(11)
  await callEndpoint(world, refreshEndpoint, { json })
  await callEndpoint(world, signOutEndpoint, { json })
  const log = JSON.stringify(world.lines)
  expect(log).toContain('session.token_reused')
  for (const answer of [first, second]) {
    expect(log).not.toContain(textAt(answer, 'refresh_token'))
    expect(log).not.toContain(textAt(answer, 'access_token'))
  }
})
