import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startIdentityProviders, type IdentityProviderStandIns } from '../../../../local/identity-providers/server.ts'
import type { Person } from '../../../../local/identity-providers/world.ts'
import type { IdentityProvider } from '../../../../shared/accounts/providers/identity.ts'
import { clientsOf } from '../../../support/identity-providers.ts'

let standIns: IdentityProviderStandIns
let github: IdentityProvider
let ada: Person

beforeAll(async () => {
  standIns = await startIdentityProviders()
  github = clientsOf(standIns)('GitHub')
})
afterAll(() => standIns.close())
beforeEach(() => {
  standIns.fail()
  ada = standIns.person()
})

const refused = { code: 'invalid_credentials' }
const unavailable = { code: 'provider_unavailable', status: 502 }

describe('a GitHub token', () => {
  it('tells whose it is, by number, with their verified primary address', async () => {
    expect(await github.ofCredential(standIns.githubToken(ada))).toEqual({
      provider: 'GitHub',
      subject: ada.subject,
      email: ada.email,
      name: 'Ada Local',
    })
  })

  it('of a person without a name gives their login', async () => {
    const person = standIns.person({ name: null })
    expect((await github.ofCredential(standIns.githubToken(person))).name).toBe(person.login)
  })

  it('that the person gave to another app is refused, before anything is asked with it', async () => {
    const stolen = standIns.githubToken(ada, { clientId: 'another-app' })
    const before = standIns.requests.length
    await expect(github.ofCredential(stolen)).rejects.toMatchObject(refused)
    expect(standIns.requests.slice(before)).toEqual([
      `POST /api/v3/applications/${standIns.settings['GITHUB_CLIENT_ID']}/token`,
    ])
  })

  it('of a person without a verified primary address is refused', async () => {
    const person = standIns.person({ emailVerified: false })
    await expect(github.ofCredential(standIns.githubToken(person))).rejects.toMatchObject(refused)
  })

  it('that may not read addresses is refused, and told what it lacks', async () => {
    const token = standIns.githubToken(ada, { scopes: ['read:user'] })
    await expect(github.ofCredential(token)).rejects.toMatchObject({
      ...refused,
      message: expect.stringContaining('user:email') as unknown,
    })
  })

  it('that GitHub does not know is refused', async () => {
    await expect(github.ofCredential('gho_made_up')).rejects.toMatchObject(refused)
  })

  it.each(['', 'two words', 'line\r\nX-Injected: yes', '🙈', 'x'.repeat(1000)])(
    'that is none (%#) is refused without asking GitHub',
    async (text) => {
      const before = standIns.requests.length
      await expect(github.ofCredential(text)).rejects.toMatchObject(refused)
      expect(standIns.requests).toHaveLength(before)
    },
  )
})

describe('GitHub in trouble', () => {
  const TROUBLE: [string, RegExp, { status: number; text: string }][] = [
    ['its check of the token fails', /applications/, { status: 500, text: '{}' }],
    ['it limits our requests', /user$/, { status: 429, text: '{}' }],
    ['it tells no person', /user$/, { status: 200, text: '{"id":"7"}' }],
    ['it tells no addresses', /emails$/, { status: 200, text: '{}' }],
    ['it answers with a page', /emails$/, { status: 200, text: '<html>' }],
    ['it refuses to say who it is', /user$/, { status: 403, text: '{"message":"Forbidden"}' }],
  ]
  it.each(TROUBLE)('is told from a bad token: %s', async (_what, path, effect) => {
    standIns.fail({ path, effect })
    await expect(github.ofCredential(standIns.githubToken(ada))).rejects.toMatchObject(unavailable)
  })

  it('is not waited for longer than a person would', async () => {
    const impatient = clientsOf(standIns, { answerTimeoutMs: 100 })('GitHub')
    standIns.fail({ path: /emails$/, effect: 'hang' })
    await expect(impatient.ofCredential(standIns.githubToken(ada))).rejects.toMatchObject(unavailable)
  })

  it('is what a wrong secret of ours is, not the person’s mistake', async () => {
    const misconfigured = clientsOf(standIns, { changes: { GITHUB_CLIENT_SECRET: 'wrong secret' } })('GitHub')
    await expect(misconfigured.ofCredential(standIns.githubToken(ada))).rejects.toMatchObject(unavailable)
  })

  it('never takes the answer about another app’s token for ours', async () => {
    const text = JSON.stringify({ app: { client_id: 'another-app' } })
    standIns.fail({ path: /applications/, effect: { status: 200, text } })
    await expect(github.ofCredential(standIns.githubToken(ada))).rejects.toMatchObject(refused)
  })
})
