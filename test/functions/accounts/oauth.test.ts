import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { oauthCallbackEndpoint } from '../../../functions/accounts/oauth-callback.ts'
import { oauthStartEndpoint } from '../../../functions/accounts/oauth-start.ts'
import { startIdentityProviders, type IdentityProviderStandIns } from '../../../local/identity-providers/server.ts'
import { callEndpoint, type CallAnswer } from '../../support/http.ts'
import { A_STRING, aPerson, textAt } from '../../support/tenants.ts'
import { aWorld, type World } from '../../support/world.ts'

const PUBLIC_URL = 'https://herald.example'
const APP = 'https://app.example'
let standIns: IdentityProviderStandIns
let world: World
let now = new Date()

beforeAll(async () => {
  standIns = await startIdentityProviders()
  world = await aWorld({ env: { ...standIns.settings, PUBLIC_URL, CORS_ORIGINS: APP }, now: () => now })
})
afterAll(async () => {
  await world.close()
  await standIns.close()
})
beforeEach(() => {
  standIns.fail()
  standIns.changeTokens({})
  standIns.person()
  now = new Date()
})

/** A browser as far as it matters here: it keeps cookies, and follows the provider's redirect. */
class Browser {
  readonly jar = new Map<string, string>()

  async start(provider: string, query: Record<string, string> = {}): Promise<CallAnswer> {
    return this.keep(await callEndpoint(world, oauthStartEndpoint, { params: { provider }, query }))
  }

  /** The provider's page: where it sends the browser. */
  async consent(started: CallAnswer): Promise<URL> {
    const answer = await fetch(started.headers['location'] ?? '', { redirect: 'manual' })
    return new URL(answer.headers.get('location') ?? 'none:')
  }

  async callback(provider: string, query: Record<string, string>): Promise<CallAnswer> {
    const cookie = [...this.jar].map(([name, value]) => `${name}=${value}`).join('; ')
    return this.keep(
      await callEndpoint(world, oauthCallbackEndpoint, { params: { provider }, query, headers: { cookie } }),
    )
  }

  async signIn(provider: string, query: Record<string, string> = {}): Promise<CallAnswer> {
    const back = await this.consent(await this.start(provider, query))
    return this.callback(provider, Object.fromEntries(back.searchParams))
  }

  private keep(answer: CallAnswer): CallAnswer {
    for (const { name, value, maxAge } of answer.cookies) {
      if (maxAge > 0) this.jar.set(name, value)
      else this.jar.delete(name)
    }
    return answer
  }
}

const refused = (status: number, code: string) => ({ status, body: { code } })
const mismatch = refused(400, 'oauth_state_mismatch')

describe.each(['google', 'github'])('signing in with %s in a browser', (provider) => {
  const attemptCookie = `herald_oauth_${provider}`

  it('sends the browser to the provider, with a cookie that says nothing', async () => {
    const browser = new Browser()
    const started = await browser.start(provider)
    expect(started.status).toBe(302)
    expect(started.headers['cache-control']).toBe('no-store')
    const asked = new URL(started.headers['location'] ?? '')
    expect(asked.origin).toBe(standIns.url)
    expect(asked.searchParams.get('redirect_uri')).toBe(`${PUBLIC_URL}/api/auth/oauth/${provider}/callback`)
    expect(asked.searchParams.get('code_challenge_method')).toBe('S256')
    expect(started.cookies).toEqual([
      {
        name: attemptCookie,
        value: A_STRING,
        httpOnly: true,
        secure: true,
        sameSite: 'Lax',
        path: '/api/auth/oauth',
        maxAge: 600,
      },
    ])
    const cookie = Buffer.from(started.cookies[0]?.value.split('.')[1] ?? '', 'base64url').toString('latin1')
    expect(cookie).not.toContain(asked.searchParams.get('state'))
    expect(started.headers['location']).not.toContain('verifier')
  })

  it('makes an account, and finds it again the next time', async () => {
    const ada = standIns.person()
    const browser = new Browser()
    const first = await browser.signIn(provider)
    expect(first.status).toBe(200)
    expect(first.body).toEqual({ user_id: A_STRING, access_token: A_STRING, token_type: 'bearer' })
    expect([...browser.jar.keys()]).toEqual(['herald_refresh'])
    const second = await new Browser().signIn(provider.toUpperCase())
    expect(textAt(second, 'user_id')).toBe(textAt(first, 'user_id'))
    standIns.consents({ ...ada, email: `new-${ada.email}` })
    expect(textAt(await new Browser().signIn(provider), 'user_id')).toBe(textAt(first, 'user_id'))
  })

  it.each([
    ['/welcome?tab=1#top', `${PUBLIC_URL}/welcome?tab=1#top`],
    [`${PUBLIC_URL}/x`, `${PUBLIC_URL}/x`],
    [`${APP}/home`, `${APP}/home`],
  ])('ends at %s, with the refresh cookie and no token in the address', async (redirect_to, location) => {
    const browser = new Browser()
    const answer = await browser.signIn(provider, { redirect_to })
    expect(answer).toMatchObject({ status: 302, headers: { location } })
    expect(answer.body).toBeUndefined()
    expect([...browser.jar.keys()]).toEqual(['herald_refresh'])
  })

  it('is refused with a 409 for an address that has a password’s account', async () => {
    const { email } = await aPerson(world)
    standIns.person({ email })
    expect(await new Browser().signIn(provider)).toMatchObject(refused(409, 'email_taken'))
  })

  it('is refused for an address the provider has not verified', async () => {
    standIns.person({ emailVerified: false })
    expect(await new Browser().signIn(provider)).toMatchObject(refused(401, 'invalid_credentials'))
  })

  it('is over when the person says no', async () => {
    standIns.consents(undefined)
    const browser = new Browser()
    expect(await browser.signIn(provider)).toMatchObject(refused(403, 'oauth_declined'))
    expect(browser.jar.has('herald_refresh')).toBe(false)
  })

  it('does not work with what another browser began', async () => {
    const [attacker, victim] = [new Browser(), new Browser()]
    const back = await attacker.consent(await attacker.start(provider))
    const query = Object.fromEntries(back.searchParams)
    expect(await victim.callback(provider, query)).toMatchObject(mismatch)
    await victim.start(provider)
    expect(await victim.callback(provider, query)).toMatchObject(mismatch)
    expect(victim.jar.has('herald_refresh')).toBe(false)
  })

  it('does not work without a state, with another one or with a cookie of another making', async () => {
    const browser = new Browser()
    const back = await browser.consent(await browser.start(provider))
    const { code = '', state = '' } = Object.fromEntries(back.searchParams)
    const sealed = browser.jar.get(attemptCookie) ?? ''
    for (const query of [{ code }, { code, state: '' }, { code, state: `${state}x` }] as Record<string, string>[]) {
      expect(await browser.callback(provider, query)).toMatchObject(mismatch)
    }
    for (const cookie of ['', 'nonsense', `${sealed.slice(0, -4)}AAAA`]) {
      browser.jar.set(attemptCookie, cookie)
      expect(await browser.callback(provider, { code, state })).toMatchObject(mismatch)
    }
  })

  it('takes a code once, even from a browser that kept its cookie', async () => {
    const browser = new Browser()
    const back = await browser.consent(await browser.start(provider))
    const query = Object.fromEntries(back.searchParams)
    const kept = browser.jar.get(attemptCookie) ?? ''
    expect((await browser.callback(provider, query)).status).toBe(200)
    expect(await browser.callback(provider, query)).toMatchObject(mismatch)
    browser.jar.set(attemptCookie, kept)
    expect(await browser.callback(provider, query)).toMatchObject(refused(401, 'invalid_credentials'))
  })

  it('does not take a code that was given to another sign-in of the same browser', async () => {
    const browser = new Browser()
    const earlier = await browser.consent(await browser.start(provider))
    const later = await browser.consent(await browser.start(provider))
    const state = later.searchParams.get('state') ?? ''
    const query = { code: earlier.searchParams.get('code') ?? '', state }
    // PKCE: the earlier code goes with the earlier verifier.
    expect(await browser.callback(provider, query)).toMatchObject(refused(401, 'invalid_credentials'))
  })

  it('does not take one provider’s sign-in for the other’s', async () => {
    const browser = new Browser()
    const back = await browser.consent(await browser.start(provider))
    const other = provider === 'google' ? 'github' : 'google'
    browser.jar.set(`herald_oauth_${other}`, browser.jar.get(attemptCookie) ?? '')
    expect(await browser.callback(other, Object.fromEntries(back.searchParams))).toMatchObject(mismatch)
  })

  it('is over after ten minutes', async () => {
    const browser = new Browser()
    const back = await browser.consent(await browser.start(provider))
    now = new Date(Date.now() + 600_001)
    expect(await browser.callback(provider, Object.fromEntries(back.searchParams))).toMatchObject(mismatch)
  })

  it('is a 502 while the provider cannot exchange the code, or says that something is wrong with it', async () => {
    const browser = new Browser()
    const back = await browser.consent(await browser.start(provider))
    const state = back.searchParams.get('state') ?? ''
    const unavailable = refused(502, 'provider_unavailable')
    expect(await browser.callback(provider, { state, error: 'server_error' })).toMatchObject(unavailable)
    expect(await browser.callback(provider, { state })).toMatchObject(unavailable)
    standIns.fail({ path: /token$/, effect: { status: 500, text: 'oops' } })
    expect(await browser.callback(provider, Object.fromEntries(back.searchParams))).toMatchObject(unavailable)
  })

  it('answers 501 where the provider is not set up', async () => {
    const bare = await aWorld()
    for (const endpoint of [oauthStartEndpoint, oauthCallbackEndpoint]) {
      const answer = await callEndpoint(bare, endpoint, { params: { provider } })
      expect(answer).toMatchObject(refused(501, 'provider_not_configured'))
    }
    await bare.close()
  })
})

describe('the browser flow', () => {
  it.each([
    'https://evil.example/',
    '//evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/\t/evil.example',
    `${PUBLIC_URL}.evil.example/`,
    `${PUBLIC_URL}@evil.example/`,
    'https://user:pass@herald.example/',
    'http://herald.example/',
    'https://herald.example:8443/',
    'javascript:alert(1)',
    'data:text/html,hello',
    'https://',
    `blob:${PUBLIC_URL}/0a6f2f4e`,
  ])('does not send people on to %j', async (redirect_to) => {
    const answer = await new Browser().start('google', { redirect_to })
    expect(answer).toMatchObject({ status: 422, body: { detail: [{ loc: ['query', 'redirect_to'] }] }, cookies: [] })
  })

  it('knows no other provider', async () => {
    expect((await new Browser().start('myspace')).status).toBe(422)
  })

  it.each([
    ['another nonce', { nonce: 'another' }],
    ['no nonce', { nonce: undefined }],
    ['another app', { aud: 'another-app' }],
    ['another issuer', { iss: 'https://accounts.example' }],
    ['the past', { exp: 1 }],
  ])('does not take an ID token for %s from Google itself', async (_what, claims) => {
    standIns.changeTokens({ claims })
    expect(await new Browser().signIn('google')).toMatchObject(refused(401, 'invalid_credentials'))
  })

  it('logs neither codes, states nor addresses', async () => {
    const ada = standIns.person()
    const browser = new Browser()
    const back = await browser.consent(await browser.start('google'))
    await browser.callback('google', Object.fromEntries(back.searchParams))
    const log = JSON.stringify(world.lines)
    for (const secret of [ada.email, back.searchParams.get('code') ?? '', back.searchParams.get('state') ?? '']) {
      expect(log).not.toContain(secret)
    }
  })
})
