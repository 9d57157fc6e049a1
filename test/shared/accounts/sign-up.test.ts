import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { signIn } from '../../../shared/accounts/sign-in.ts'
import { signUp } from '../../../shared/accounts/sign-up.ts'
import type { Deps } from '../../../shared/deps.ts'
import { A_PASSWORD, anEmail, crash, interrupted } from '../../support/tenants.ts'
import { aWorld, type World } from '../../support/world.ts'

let world: World
let deps: Deps

beforeAll(async () => {
  world = await aWorld()
  deps = world.deps
})
afterAll(() => world.close())

const taken = { code: 'email_taken' }

describe('signing up', () => {
  it('makes an account that can sign in', async () => {
    const email = anEmail()
    const user = await signUp(deps, { email, password: A_PASSWORD, name: 'Ana' })
    expect(user).toMatchObject({ email, name: 'Ana', memberships: [] })
    expect(await signIn(deps, { email, password: A_PASSWORD })).toMatchObject({ userId: user.id })
  })

  it.each([undefined, null, ''])('calls a person without a name (%j) by their address', async (name) => {
    const email = anEmail()
    expect(await signUp(deps, { email, password: A_PASSWORD, name })).toMatchObject({ name: email.split('@')[0] })
  })

  it('is refused for an address in use, in any letter case', async () => {
    const email = anEmail()
    await signUp(deps, { email, password: A_PASSWORD })
    await expect(signUp(deps, { email, password: A_PASSWORD })).rejects.toMatchObject(taken)
    await expect(signUp(deps, { email: email.toUpperCase(), password: 'another one' })).rejects.toMatchObject(taken)
    await expect(signIn(deps, { email, password: 'another one' })).rejects.toMatchObject({
      code: 'invalid_credentials',
    })
  })

  it('many times at once makes one account, with the password of the one that was told so', async () => {
    const email = anEmail()
    const attempts = Array.from({ length: 6 }, (_, index) =>
      signUp(deps, { email, password: `${A_PASSWORD} ${index}` }),
    )
    const results = await Promise.allSettled(attempts)
    const winners = results.flatMap((result, index) => (result.status === 'fulfilled' ? [index] : []))
    expect(winners).toHaveLength(1)
    for (const result of results) if (result.status === 'rejected') expect(result.reason).toMatchObject(taken)
    await expect(signIn(deps, { email, password: `${A_PASSWORD} ${winners[0]}` })).resolves.toBeDefined()
  })

  it('that stopped half-way is finished by signing up again', async () => {
    const email = anEmail()
    const stopping = interrupted(deps, 'core', 'batch', crash)
    await expect(signUp(stopping, { email, password: 'the first one' })).rejects.toThrow('killed')
    const user = await signUp(deps, { email, password: A_PASSWORD })
    expect(await signIn(deps, { email, password: A_PASSWORD })).toMatchObject({ userId: user.id })
    await expect(signIn(deps, { email, password: 'the first one' })).rejects.toMatchObject({
      code: 'invalid_credentials',
    })
    await expect(signUp(deps, { email, password: 'a takeover' })).rejects.toMatchObject(taken)
  })

  it('cannot take over an account that is finished between its look and its write', async () => {
    const email = anEmail()
    const late = interrupted(deps, 'core', 'batch', async (call) => {
      if (call === 1) await signUp(deps, { email, password: A_PASSWORD })
    })
    await expect(signUp(late, { email, password: 'a takeover' })).rejects.toMatchObject(taken)
    await expect(signIn(deps, { email, password: A_PASSWORD })).resolves.toBeDefined()
    await expect(signIn(deps, { email, password: 'a takeover' })).rejects.toMatchObject({ code: 'invalid_credentials' })
  })
})

describe('signing in', () => {
  it('answers an unknown address and a wrong password with the same words', async () => {
    const email = anEmail()
    await signUp(deps, { email, password: A_PASSWORD })
    const refusals = await Promise.all(
      [
        { email, password: 'wrong password' },
        { email: anEmail(), password: A_PASSWORD },
      ].map((credentials) => signIn(deps, credentials).catch((error: unknown) => error)),
    )
    expect(refusals[0]).toMatchObject({ code: 'invalid_credentials' })
    expect((refusals[0] as Error).message).toBe((refusals[1] as Error).message)
  })

  it('hashes once either way, so that an unknown address takes as long', async () => {
    const email = anEmail()
    await signUp(deps, { email, password: A_PASSWORD })
    const work: string[] = []
    const watched: Deps = {
      ...deps,
      passwords: {
        hash: (password) => (work.push('hash'), deps.passwords.hash(password)),
        verify: (password, hash) => (work.push('verify'), deps.passwords.verify(password, hash)),
      },
    }
    await signIn(watched, { email, password: 'wrong password' }).catch(() => undefined)
    await signIn(watched, { email: anEmail(), password: 'wrong password' }).catch(() => undefined)
    expect(work).toEqual(['verify', 'hash'])
  })
})
