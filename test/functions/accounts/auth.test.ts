import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { meEndpoint } from '../../../functions/accounts/me.ts'
import { signInEndpoint } from '../../../functions/accounts/sign-in.ts'
import { signUpEndpoint } from '../../../functions/accounts/sign-up.ts'
import { createWorkspaceEndpoint } from '../../../functions/workspaces/create.ts'
import { callEndpoint } from '../../support/http.ts'
import { A_PASSWORD, A_STRING, aPerson, anEmail, textAt } from '../../support/tenants.ts'
import { aWorld, type World } from '../../support/world.ts'

let world: World

beforeAll(async () => {
  world = await aWorld()
})
afterAll(() => world.close())

describe('POST /api/auth/signup', () => {
  it('answers 200 with id, name and address, and no token', async () => {
    const email = anEmail()
    const answer = await callEndpoint(world, signUpEndpoint, {
      json: { email: ` ${email} `, password: A_PASSWORD, name: null },
    })
    expect(answer).toMatchObject({ status: 200 })
    expect(answer.body).toEqual({ user_id: A_STRING, name: email.split('@')[0], email })
  })

  it('answers 409 for an address in use', async () => {
    const { email } = await aPerson(world)
    const answer = await callEndpoint(world, signUpEndpoint, { json: { email, password: A_PASSWORD } })
    expect(answer).toMatchObject({ status: 409, body: { code: 'email_taken' } })
  })

  it('answers 422 and names what is wrong', async () => {
    const answer = await callEndpoint(world, signUpEndpoint, { json: { email: 'nobody', password: 'short' } })
    expect(answer.status).toBe(422)
    expect(answer.body).toEqual({
      detail: [
        { loc: ['body', 'email'], msg: 'value is not a valid email address', type: 'value_error' },
        { loc: ['body', 'password'], msg: 'String should have at least 8 characters', type: 'string_too_short' },
      ],
    })
  })

  it('never takes another provider’s sign-up for one with a password', async () => {
    for (const provider of ['Google', 'GitHub']) {
      const email = anEmail()
      const json = { email, password: A_PASSWORD }
      for (const endpoint of [signUpEndpoint, signInEndpoint]) {
        const answer = await callEndpoint(world, endpoint, { json, query: { provider } })
        expect(answer).toMatchObject({ status: 501, body: { code: 'provider_not_configured' } })
      }
      expect((await callEndpoint(world, signInEndpoint, { json })).status).toBe(401)
    }
    const { status } = await callEndpoint(world, signUpEndpoint, {
      json: { email: anEmail(), password: A_PASSWORD },
      query: { provider: 'MySpace' },
    })
    expect(status).toBe(422)
  })
})

describe('POST /api/auth/signin', () => {
  it('answers 200 with a bearer token that works', async () => {
    const { email, userId } = await aPerson(world)
    const answer = await callEndpoint(world, signInEndpoint, {
      json: { email, password: A_PASSWORD },
    })
    expect(answer.status).toBe(200)
    expect(answer.body).toEqual({ user_id: userId, access_token: A_STRING, token_type: 'bearer' })
    expect(answer.headers['cache-control']).toBe('no-store')
    const me = await callEndpoint(world, meEndpoint, { token: textAt(answer, 'access_token') })
    expect(textAt(me, 'user_id')).toBe(userId)
  })

  it('answers 401 for any wrong password, however short', async () => {
    const { email } = await aPerson(world)
    const answer = await callEndpoint(world, signInEndpoint, { json: { email, password: 'x' } })
    expect(answer).toMatchObject({ status: 401, body: { code: 'invalid_credentials' } })
  })

  it('logs neither address nor password', async () => {
    const { email } = await aPerson(world)
    await callEndpoint(world, signInEndpoint, { json: { email, password: 'a wrong password' } })
    const log = JSON.stringify(world.lines)
    expect(log).not.toContain(email)
    expect(log).not.toContain('a wrong password')
  })
})

describe('GET /api/auth/me', () => {
  it('answers the person and their workspaces', async () => {
    const { token, userId, email } = await aPerson(world)
    await callEndpoint(world, createWorkspaceEndpoint, { token, json: { name: 'Acme' } })
    const answer = await callEndpoint(world, meEndpoint, { token })
    expect(answer.status).toBe(200)
    expect(answer.body).toEqual({
      user_id: userId,
      email,
      name: email.split('@')[0],
      created_at: A_STRING,
      workspaces: [
        {
          id: A_STRING,
          name: 'Acme',
          slug: A_STRING,
          plan: 'free',
          status: 'active',
          created_at: A_STRING,
          user_role: 'OWNER',
        },
      ],
    })
  })

  it.each([
    ['no credential', {}],
    ['another scheme', { authorization: 'Basic dXNlcjpwYXNz' }],
    ['a made-up token', { authorization: 'Bearer nonsense' }],
    ['an empty token', { authorization: 'Bearer ' }],
    ['a made-up API key', { 'x-api-key': 'nonsense' }],
    ['an unknown API key', { 'x-api-key': '6a2f41a3-c54c-4ce8-b1d7-0a4a8ad3d9a7' }],
  ])('answers 401 with %s', async (_what, headers: Record<string, string>) => {
    const answer = await callEndpoint(world, meEndpoint, { headers })
    expect(answer).toMatchObject({ status: 401, body: { code: 'unauthorized' } })
    expect(answer.headers['www-authenticate']).toBe('Bearer')
  })

  it('answers 403 to an API key, which is nobody', async () => {
    const { token } = await aPerson(world)
    const workspace = await callEndpoint(world, createWorkspaceEndpoint, { token, json: { name: 'Acme' } })
    const { status } = await callEndpoint(world, meEndpoint, { headers: { 'x-api-key': textAt(workspace, 'api_key') } })
    expect(status).toBe(403)
  })
})
