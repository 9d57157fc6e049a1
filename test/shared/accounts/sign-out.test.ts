import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { refreshSession, renewAccessToken } from '../../../shared/accounts/refresh.ts'
import { startSession, type Session } from '../../../shared/accounts/session.ts'
import { signOut } from '../../../shared/accounts/sign-out.ts'
import type { Deps } from '../../../shared/deps.ts'
import { aPerson, crash, interrupted } from '../../support/tenants.ts'
import { aWorld, type World } from '../../support/world.ts'

let world: World
let deps: Deps
let userId: string
let clock = new Date('2026-05-01T12:00:00Z')

beforeAll(async () => {
  world = await aWorld({ now: () => clock })
  deps = world.deps
  userId = (await aPerson(world)).userId
})
afterAll(() => world.close())

async function isOver({ refreshToken, accessToken }: Session): Promise<boolean> {
  const results = await Promise.allSettled([renewAccessToken(deps, accessToken), refreshSession(deps, refreshToken)])
  const [first, second] = results.map(({ status }) => status === 'rejected')
  expect(first).toBe(second)
  return first ?? false
}

describe('signing out', () => {
  it('with a refresh token ends its session, and no other one', async () => {
    const [session, elsewhere] = await Promise.all([startSession(deps, userId), startSession(deps, userId)])
    await signOut(deps, { refreshTokens: [session.refreshToken] })
    expect(await isOver(session)).toBe(true)
    expect(await isOver(elsewhere)).toBe(false)
  })

  it('with a token that was used up ends the session of its successors', async () => {
    const session = await startSession(deps, userId)
    const next = await refreshSession(deps, session.refreshToken)
    await signOut(deps, { refreshTokens: [session.refreshToken] })
    expect(await isOver(next)).toBe(true)
  })

  it('with an access token ends its session', async () => {
    const session = await startSession(deps, userId)
    await signOut(deps, { refreshTokens: [], accessToken: session.accessToken })
    expect(await isOver(session)).toBe(true)
  })

  it('with tokens of several sessions ends them all', async () => {
    const sessions = await Promise.all([1, 2, 3].map(() => startSession(deps, userId)))
    const [one = '', two = ''] = sessions.map(({ refreshToken }) => refreshToken)
    await signOut(deps, { refreshTokens: [one, two], accessToken: sessions[2]?.accessToken })
    for (const session of sessions) expect(await isOver(session)).toBe(true)
  })

  it('again, with nothing, with nonsense or with an expired token changes nothing and tells nothing', async () => {
    const session = await startSession(deps, userId)
    const untouched = await startSession(deps, userId)
    const proof = { refreshTokens: [session.refreshToken], accessToken: session.accessToken }
    const none = { refreshTokens: [] }
    const nonsense = { refreshTokens: ['nonsense', ''], accessToken: 'a.b.c' }
    for (const given of [proof, proof, none, nonsense]) await expect(signOut(deps, given)).resolves.toBeUndefined()
    clock = new Date(clock.getTime() + 16 * 60_000)
    await signOut(deps, { refreshTokens: [], accessToken: untouched.accessToken })
    await expect(refreshSession(deps, untouched.refreshToken)).resolves.toBeDefined()
  })

  it('that stopped before its write is finished by signing out again', async () => {
    const session = await startSession(deps, userId)
    const given = { refreshTokens: [session.refreshToken] }
    await expect(signOut(interrupted(deps, 'directory', 'remove', crash), given)).rejects.toThrow('killed')
    await signOut(deps, given)
    expect(await isOver(session)).toBe(true)
  })

  it('by many at once is one end', async () => {
    const session = await startSession(deps, userId)
    await Promise.all(Array.from({ length: 10 }, () => signOut(deps, { refreshTokens: [session.refreshToken] })))
    expect(await isOver(session)).toBe(true)
  })
})
