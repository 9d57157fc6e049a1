import { createHash, randomBytes } from 'node:crypto'
import { decodeProtectedHeader } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startIdentityProviders, type IdentityProviderStandIns } from '../../../local/identity-providers/server.ts'
import { startChild } from '../../../local/process/child.ts'

let providers: IdentityProviderStandIns

beforeAll(async () => {
  providers = await startIdentityProviders()
})
afterAll(() => providers.close())

const REDIRECT = 'http://127.0.0.1:9/back'

const FLOWS = [
  {
    name: 'Google',
    consent: '/o/oauth2/v2/auth',
    token: '/token',
    client: () => client('GOOGLE'),
    refusal: 'invalid_grant',
    granted: 'id_token',
  },
  {
    name: 'GitHub',
    consent: '/login/oauth/authorize',
    token: '/login/oauth/access_token',
    client: () => client('GITHUB'),
    refusal: 'bad_verification_code',
    granted: 'access_token',
  },
]

function client(prefix: string) {
  const { settings } = providers
  return { client_id: settings[`${prefix}_CLIENT_ID`] ?? '', client_secret: settings[`${prefix}_CLIENT_SECRET`] ?? '' }
}

async function ask(path: string, init: RequestInit = {}) {
  const answer = await fetch(`${providers.url}${path}`, { redirect: 'manual', ...init })
  const text = await answer.text()
  const body: unknown = text === '' ? undefined : JSON.parse(text)
  return { status: answer.status, location: answer.headers.get('location'), body: body as Record<string, unknown> }
}

type Flow = (typeof FLOWS)[number]

async function consent(flow: Flow, verifier: string, changes: Record<string, string> = {}) {
  const query = new URLSearchParams({
    client_id: flow.client().client_id,
    redirect_uri: REDIRECT,
    response_type: 'code',
    scope: 'openid email',
    state: 'a state',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...changes,
  })
  const { status, location } = await ask(`${flow.consent}?${query.toString()}`)
  return { status, query: location === null ? undefined : new URL(location).searchParams }
}

function exchange(flow: Flow, code: string, changes: Record<string, string>) {
  const fields = { ...flow.client(), grant_type: 'authorization_code', code, redirect_uri: REDIRECT, ...changes }
  return ask(flow.token, { method: 'POST', body: new URLSearchParams(fields) })
}

describe.each(FLOWS)('the stand-in of $name', (flow) => {
  it('sends the browser back with a code that is good once', async () => {
    providers.person()
    const verifier = randomBytes(32).toString('base64url')
    const { status, query } = await consent(flow, verifier)
    expect(status).toBe(302)
    expect(query?.get('state')).toBe('a state')
    const code = query?.get('code') ?? ''
    const first = await exchange(flow, code, { code_verifier: verifier })
    expect(first.body).toHaveProperty(flow.granted)
    const second = await exchange(flow, code, { code_verifier: verifier })
    expect(second.body).toMatchObject({ error: flow.refusal })
  })

  it('takes no code with another verifier, or none', async () => {
    providers.person()
    for (const code_verifier of ['another', '']) {
      const { query } = await consent(flow, 'the one')
      const { body } = await exchange(flow, query?.get('code') ?? '', { code_verifier })
      expect(body).toMatchObject({ error: flow.refusal })
    }
  })

  it('takes no code with another redirect_uri or another secret', async () => {
    providers.person()
    for (const changes of [{ redirect_uri: `${REDIRECT}/else` }, { client_secret: 'wrong' }]) {
      const { query } = await consent(flow, 'the one')
      const { body } = await exchange(flow, query?.get('code') ?? '', { code_verifier: 'the one', ...changes })
      expect(body).toHaveProperty('error')
      expect(body).not.toHaveProperty(flow.granted)
    }
  })

  it('asks nobody for an app it does not know, or without PKCE', async () => {
    providers.person()
    for (const changes of [{ client_id: 'unknown' }, { code_challenge_method: 'plain' }] as Record<string, string>[]) {
      expect((await consent(flow, 'the one', changes)).status).toBeGreaterThanOrEqual(400)
    }
  })

  it('says when the person says no', async () => {
    providers.consents(undefined)
    const { query } = await consent(flow, 'the one')
    expect(query?.get('error')).toBe('access_denied')
    expect(query?.get('state')).toBe('a state')
  })

  it('fails where it is told to, until it is told to stop', async () => {
    providers.fail({ path: new RegExp(flow.token), effect: { status: 503, text: '{"message":"busy"}' } })
    expect(await exchange(flow, 'any', {})).toMatchObject({ status: 503, body: { message: 'busy' } })
    providers.fail()
    expect((await exchange(flow, 'any', {})).status).not.toBe(503)
  })
})

describe('Google’s keys', () => {
  it('change on demand, and the one before is gone', async () => {
    const keyIds = async () => {
      const { body } = await ask('/oauth2/v3/certs')
      // A key set, as it is published.
      return (body as { keys: { kid: string }[] }).keys.map(({ kid }) => kid)
    }
    const [before] = await keyIds()
    const person = providers.person()
    expect(decodeProtectedHeader(await providers.idToken(person))).toMatchObject({ alg: 'RS256', kid: before })
    await providers.rotateKeys()
    const after = await keyIds()
    expect(after).toHaveLength(1)
    expect(after[0]).not.toBe(before)
    expect(decodeProtectedHeader(await providers.idToken(person))).toMatchObject({ kid: after[0] })
  })
})

describe('GitHub’s API', () => {
  const get = (path: string, token: string) => ask(`/api/v3${path}`, { headers: { authorization: `Bearer ${token}` } })

  it('tells who anybody is, and their addresses to a token that may know', async () => {
    const person = providers.person({ emailVerified: false })
    const token = providers.githubToken(person, { clientId: 'another-app' })
    expect((await get('/user', token)).body).toMatchObject({ id: Number(person.subject), login: person.login })
    expect((await get('/user/emails', token)).body).toContainEqual(
      expect.objectContaining({ email: person.email, primary: true, verified: false }),
    )
    expect((await get('/user/emails', providers.githubToken(person, { scopes: [] }))).status).toBe(404)
    expect((await get('/user', 'gho_unknown')).status).toBe(401)
  })

  it('tells an app about its own tokens only', async () => {
    const person = providers.person()
    const { client_id, client_secret } = client('GITHUB')
    const check = (access_token: string, secret: string) =>
      ask(`/api/v3/applications/${client_id}/token`, {
        method: 'POST',
        headers: {
          authorization: `Basic ${Buffer.from(`${client_id}:${secret}`).toString('base64')}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify({ access_token }),
      })
    const ours = providers.githubToken(person)
    expect(await check(ours, client_secret)).toMatchObject({ status: 200, body: { app: { client_id } } })
    expect((await check(ours, 'wrong')).status).toBe(401)
    expect((await check(providers.githubToken(person, { clientId: 'another-app' }), client_secret)).status).toBe(404)
  })
})

describe('the stand-ins by themselves', () => {
  it('start as a process that prints the settings that lead to them', async () => {
    const child = await startChild({
      part: 'The identity providers',
      args: ['local/identity-providers/main.ts', '--port', '0', '--email', 'ada@example.com'],
    })
    try {
      const ready = JSON.parse(child.ready) as { url: string; settings: Record<string, string> } // its own line
      expect(ready).toMatchObject({ event: 'ready', person: { email: 'ada@example.com' } })
      const answer = await fetch(`${ready.settings['GOOGLE_ISSUER_URL']}/.well-known/openid-configuration`)
      expect(await answer.json()).toMatchObject({ issuer: ready.url })
    } finally {
      await child.stop()
    }
  })
})
