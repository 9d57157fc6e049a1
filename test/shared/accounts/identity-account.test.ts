import { randomInt } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  signInOrUpWithIdentity,
  signInWithIdentity,
  signUpWithIdentity,
} from '../../../shared/accounts/identity-account.ts'
import type { ProviderIdentity } from '../../../shared/accounts/providers/identity.ts'
import { signIn } from '../../../shared/accounts/sign-in.ts'
import { signUp } from '../../../shared/accounts/sign-up.ts'
import { accountStore } from '../../../shared/accounts/store.ts'
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
const refused = { code: 'invalid_credentials' }

function anIdentity(changes: Partial<ProviderIdentity> = {}): ProviderIdentity {
  return { provider: 'Google', subject: String(randomInt(1e12)), email: anEmail(), name: 'Ada', ...changes }
}

function userNamed(userId: string) {
  return accountStore(deps.containers).findUser(userId)
}

describe('an identity', () => {
  it('signs up, and from then on signs in to its account', async () => {
    const ada = anIdentity()
    const user = await signUpWithIdentity(deps, ada)
    expect(user).toMatchObject({ email: ada.email, name: 'Ada', memberships: [] })
    expect(await signInWithIdentity(deps, ada)).toBe(user.id)
    expect(await signInOrUpWithIdentity(deps, ada)).toBe(user.id)
  })

  it.each([
    ['Grace', 'Ada', 'Grace'],
    ['', 'Ada', 'Ada'],
    [null, 'Ada', 'Ada'],
  ])('is called as the person wants (%j), else as the provider says', async (wanted, said, name) => {
    expect(await signUpWithIdentity(deps, anIdentity({ name: said }), wanted)).toMatchObject({ name })
  })

  it('without any name is called by its address', async () => {
    const ada = anIdentity({ name: undefined })
    expect(await signUpWithIdentity(deps, ada)).toMatchObject({ name: ada.email.split('@')[0] })
  })

  it('keeps its account when its address and name change', async () => {
    const ada = anIdentity()
    const { id } = await signUpWithIdentity(deps, ada)
    expect(await signInWithIdentity(deps, { ...ada, email: anEmail(), name: 'Augusta' })).toBe(id)
    await expect(signUpWithIdentity(deps, { ...ada, email: anEmail() })).rejects.toMatchObject(taken)
  })

  it('that nobody signed up with is told to sign up', async () => {
    await expect(signInWithIdentity(deps, anIdentity())).rejects.toMatchObject(refused)
  })

  it('is of one provider: the same number at another is another person', async () => {
    const ada = anIdentity()
    await signUpWithIdentity(deps, ada)
    await expect(signInWithIdentity(deps, { ...ada, provider: 'GitHub' })).rejects.toMatchObject(refused)
  })

  it('can sign up once only', async () => {
    const ada = anIdentity()
    await signUpWithIdentity(deps, ada)
    await expect(signUpWithIdentity(deps, ada)).rejects.toMatchObject(taken)
  })
})

describe('an address', () => {
  it('never opens a password’s account to an identity', async () => {
    const ada = anIdentity()
    await signUp(deps, { email: ada.email, password: A_PASSWORD })
    await expect(signInWithIdentity(deps, ada)).rejects.toMatchObject(refused)
    await expect(signUpWithIdentity(deps, ada)).rejects.toMatchObject(taken)
    await expect(signInOrUpWithIdentity(deps, ada)).rejects.toMatchObject(taken)
    await expect(signInWithIdentity(deps, ada)).rejects.toMatchObject(refused)
  })

  it('never opens an identity’s account to another identity that has it now, in any letter case', async () => {
    const ada = anIdentity()
    await signUpWithIdentity(deps, ada)
    for (const changes of [{ subject: '7' }, { provider: 'GitHub' as const }]) {
      const heir = { ...ada, email: ada.email.toUpperCase(), ...changes }
      await expect(signInWithIdentity(deps, heir)).rejects.toMatchObject(refused)
      await expect(signInOrUpWithIdentity(deps, heir)).rejects.toMatchObject(taken)
    }
  })

  it('never opens an identity’s account to a password, and takes as long to say so', async () => {
    const ada = anIdentity()
    await signUpWithIdentity(deps, ada)
    await expect(signUp(deps, { email: ada.email, password: A_PASSWORD })).rejects.toMatchObject(taken)
    const work: string[] = []
    const watched: Deps = {
      ...deps,
      passwords: {
        hash: (password) => (work.push('hash'), deps.passwords.hash(password)),
        verify: (password, hash) => (work.push('verify'), deps.passwords.verify(password, hash)),
      },
    }
    for (const email of [ada.email, anEmail()]) {
      await expect(signIn(watched, { email, password: A_PASSWORD })).rejects.toMatchObject(refused)
    }
    expect(work).toEqual(['hash', 'hash'])
  })

  it('that a stranger began to sign up with goes to whom the provider vouches for', async () => {
    const ada = anIdentity()
    const stranger = interrupted(deps, 'core', 'batch', crash)
    await expect(signUp(stranger, { email: ada.email, password: 'the stranger’s' })).rejects.toThrow('killed')
    const userId = await signInOrUpWithIdentity(deps, ada)
    expect(await signInWithIdentity(deps, ada)).toBe(userId)
    await expect(signIn(deps, { email: ada.email, password: 'the stranger’s' })).rejects.toMatchObject(refused)
  })

  it('that a stranger signs up with at the last moment does not lead its owner into the stranger’s account', async () => {
    const ada = anIdentity()
    const late = interrupted(deps, 'core', 'batch', async (call) => {
      if (call === 1) await signUp(deps, { email: ada.email, password: 'the stranger’s' })
    })
    await expect(signInOrUpWithIdentity(late, ada)).rejects.toMatchObject(taken)
    // The directory now leads the identity to the stranger's account, which does not agree.
    await expect(signInWithIdentity(deps, ada)).rejects.toMatchObject(refused)
    await expect(signInOrUpWithIdentity(deps, ada)).rejects.toMatchObject(taken)
    // With another address the person gets an account of their own.
    const moved = { ...ada, email: anEmail() }
    const { id } = await signUpWithIdentity(deps, moved)
    expect(await signInWithIdentity(deps, ada)).toBe(id)
  })
})

describe('signing up with an identity', () => {
  it('many times at once makes one account', async () => {
    const ada = anIdentity()
    const results = await Promise.allSettled(Array.from({ length: 6 }, () => signUpWithIdentity(deps, ada)))
    const made = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value.id] : []))
    expect(made).toEqual([await signInWithIdentity(deps, ada)])
    for (const result of results) if (result.status === 'rejected') expect(result.reason).toMatchObject(taken)
  })

  it('many times at once in browsers leads all of them to that account', async () => {
    const ada = anIdentity()
    const ids = await Promise.all(Array.from({ length: 6 }, () => signInOrUpWithIdentity(deps, ada)))
    expect(new Set(ids).size).toBe(1)
  })

  const HALVES = [
    ['the address was reserved', 'directory', 2],
    ['the identity was noted', 'core', 1],
  ] as const
  it.each(HALVES)('that stopped after %s is finished by doing it again', async (_what, container, fatalCall) => {
    const method = container === 'core' ? 'batch' : 'create'
    const stopping = interrupted(deps, container, method, (call) => {
      if (call === fatalCall) crash()
    })
    const ada = anIdentity()
    await expect(signUpWithIdentity(stopping, ada)).rejects.toThrow('killed')
    await expect(signInWithIdentity(deps, ada)).rejects.toMatchObject(refused)
    const { id } = await signUpWithIdentity(deps, ada)
    expect(await signInWithIdentity(deps, ada)).toBe(id)
    expect((await userNamed(id))?.value.email).toBe(ada.email)
  })

  it('that stopped half-way is finished under the address the person has by then', async () => {
    const ada = anIdentity()
    const stopping = interrupted(deps, 'core', 'batch', crash)
    await expect(signUpWithIdentity(stopping, ada)).rejects.toThrow('killed')
    const moved = { ...ada, email: anEmail() }
    const { id } = await signUpWithIdentity(deps, moved)
    expect(await signInWithIdentity(deps, moved)).toBe(id)
    expect((await userNamed(id))?.value.email).toBe(moved.email)
    // Whoever has the first address now gets an account of their own, and the identity stays out of it.
    const heir = await signUp(deps, { email: ada.email, password: A_PASSWORD })
    expect(heir.id).not.toBe(id)
    expect(await signInWithIdentity(deps, ada)).toBe(id)
  })

  it('keeps the provider’s id of a person as a hash only', async () => {
    const ada = anIdentity({ subject: `subject-${randomInt(1e12)}` })
    const { id } = await signUpWithIdentity(deps, ada)
    const query = { text: 'SELECT VALUE c FROM c', partition: id }
    const stored = await deps.containers.core.query(query, (document) => document)
    expect(stored.length).toBeGreaterThan(1)
    expect(JSON.stringify([stored, world.lines])).not.toContain(ada.subject)
  })
})
