import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { signIn, type Credentials } from '../../../shared/accounts/sign-in.ts'
import { signUp } from '../../../shared/accounts/sign-up.ts'
import {
  ACCOUNT_RULE,
  ADDRESS_RULE,
  attemptSignIn,
  attemptSignUp,
  PAIR_RULE,
  SIGN_UP_RULE,
} from '../../../shared/accounts/throttle.ts'
import { createDeps } from '../../../shared/create-deps.ts'
import type { Passwords } from '../../../shared/crypto/passwords.ts'
import type { Deps } from '../../../shared/deps.ts'
import { A_PASSWORD, anEmail } from '../../support/tenants.ts'
import { aWorld, type World } from '../../support/world.ts'

let world: World
let one: Deps
let other: Deps
let clock = new Date('2026-05-10T12:00:00Z')
/** How often a password was looked at. */
let looks = 0

/** Hashing two thousand passwords takes minutes; what is hashed is tested elsewhere. */
const passwords: Passwords = {
  hash: (password) => Promise.resolve((looks++, `hash of ${password}`)),
  verify: (password, hash) => Promise.resolve((looks++, hash === `hash of ${password}`)),
}

beforeAll(async () => {
  world = await aWorld({ now: () => clock })
  one = { ...world.deps, passwords }
  other = { ...createDeps(world.config, { log: world.deps.log, now: () => clock }), passwords }
})
beforeEach(() => {
  looks = 0
  pass(3600)
})
afterAll(() => world.close())

function pass(seconds: number): void {
  clock = new Date(clock.getTime() + seconds * 1000)
}

let machines = 0

function anAddress(): string {
  machines++
  return `198.51.${Math.floor(machines / 250)}.${machines % 250}`
}

async function anAccount(): Promise<string> {
  const email = anEmail()
  await signUp(one, { email, password: A_PASSWORD })
  return email
}

/** `in`, `wrong`, or the seconds of Retry-After. */
async function outcome(deps: Deps, credentials: Credentials): Promise<string> {
  try {
    await signIn(deps, credentials)
    return 'in'
  } catch (error) {
    const { code, headers } = error as { code: string; headers?: Record<string, string> }
    if (code === 'invalid_credentials') return 'wrong'
    expect(code).toBe('too_many_requests')
    return headers?.['retry-after'] ?? 'no word of when'
  }
}

async function fail(times: number, email: string, address: string | undefined): Promise<void> {
  for (let turn = 0; turn < times; turn++) {
    expect(await outcome(turn % 2 ? one : other, { email, password: 'wrong one', address })).toBe('wrong')
  }
}

describe('signing in to one account from one address', () => {
  it('is held back after ten failures, counted by two instances together', async () => {
    const [email, address] = [await anAccount(), anAddress()]
    await fail(PAIR_RULE.limit, email, address)
    for (const deps of [one, other]) {
      expect(await outcome(deps, { email, password: 'wrong one', address })).toBe('30')
    }
    pass(29.5)
    expect(await outcome(one, { email, password: 'wrong one', address })).toBe('1')
    pass(0.5)
    expect(await outcome(one, { email, password: 'wrong one', address })).toBe('wrong')
    expect(await outcome(other, { email, password: 'wrong one', address })).toBe('60')
  })

  it('does not look at the password while it is held back, be it right', async () => {
    const [email, address] = [await anAccount(), anAddress()]
    await fail(PAIR_RULE.limit, email, address)
    looks = 0
    expect(await outcome(one, { email, password: A_PASSWORD, address })).toBe('30')
    expect(looks).toBe(0)
    pass(30)
    expect(await outcome(one, { email, password: A_PASSWORD, address })).toBe('in')
  })

  it('begins anew after a success', async () => {
    const [email, address] = [await anAccount(), anAddress()]
    for (let turn = 0; turn < 3; turn++) {
      await fail(PAIR_RULE.limit - 1, email, address)
      expect(await outcome(other, { email, password: A_PASSWORD, address })).toBe('in')
    }
  })

  it('goes wrong for an unknown address of a person exactly as for a known one', async () => {
    const address = anAddress()
    const told = async (email: string): Promise<string[]> => {
      const answers: string[] = []
      for (let turn = 0; turn < PAIR_RULE.limit + 3; turn++) {
        if (turn === PAIR_RULE.limit + 1) pass(30)
        answers.push(await outcome(turn % 2 ? one : other, { email, password: 'wrong one', address }))
      }
      return answers
    }
    const known = await told(await anAccount())
    expect(await told(anEmail())).toEqual(known)
    expect(known.slice(-3)).toEqual(['30', 'wrong', '60'])
  })

  it('counts spellings of one e-mail address together', async () => {
    const [email, address] = [await anAccount(), anAddress()]
    await fail(PAIR_RULE.limit, email.toUpperCase(), address)
    expect(await outcome(one, { email, password: A_PASSWORD, address })).toBe('30')
  })

  it('lets no more through when all come at once, to two instances', async () => {
    const [email, address] = [await anAccount(), anAddress()]
    const outcomes = await Promise.all(
      Array.from({ length: 40 }, (_, index) => outcome(index % 2 ? one : other, { email, password: 'wrong', address })),
    )
    expect(outcomes.filter((result) => result === 'wrong').length).toBe(PAIR_RULE.limit)
  })

  it('is held back where no address is known too, and nobody else is', async () => {
    const [email, somebody] = [await anAccount(), await anAccount()]
    await fail(PAIR_RULE.limit, email, undefined)
    expect(await outcome(one, { email, password: A_PASSWORD })).toBe('30')
    expect(await outcome(one, { email: somebody, password: A_PASSWORD })).toBe('in')
  })
})

describe('an owner', () => {
  it('is not held back by failures at another address', async () => {
    const email = await anAccount()
    await fail(PAIR_RULE.limit, email, anAddress())
    expect(await outcome(one, { email, password: A_PASSWORD, address: anAddress() })).toBe('in')
  })

  it('who signed in here before is let in while a hundred machines guess, others wait for a quarter of an hour', async () => {
    const [email, home] = [await anAccount(), anAddress()]
    expect(await outcome(one, { email, password: A_PASSWORD, address: home })).toBe('in')
    pass(20 * 24 * 3600)
    for (let turn = 0; turn < ACCOUNT_RULE.limit; turn++) await fail(1, email, anAddress())
    expect(await outcome(other, { email, password: A_PASSWORD, address: anAddress() })).toBe('900')
    expect(await outcome(other, { email, password: A_PASSWORD, address: home })).toBe('in')
    pass(900)
    expect(await outcome(other, { email, password: A_PASSWORD, address: anAddress() })).toBe('in')
  })

  it('who signs in a lot fills no tally', async () => {
    const [email, address] = [await anAccount(), anAddress()]
    for (let turn = 0; turn < ADDRESS_RULE.limit + 10; turn++) {
      await (await attemptSignIn(turn % 2 ? one : other, email, address)).succeeded()
    }
    expect(await outcome(one, { email, password: A_PASSWORD, address })).toBe('in')
    await fail(1, anEmail(), address)
  })
})

describe('an address', () => {
  it('that tries many accounts is held back, and those who signed in from it before are not', async () => {
    const [resident, stranger, address] = [await anAccount(), await anAccount(), anAddress()]
    expect(await outcome(one, { email: resident, password: A_PASSWORD, address })).toBe('in')
    for (let turn = 0; turn < ADDRESS_RULE.limit; turn++) await fail(1, anEmail(), address)
    pass(60)
    for (const deps of [one, other]) {
      expect(await outcome(deps, { email: stranger, password: A_PASSWORD, address })).toBe('840')
      expect(await outcome(deps, { email: anEmail(), password: A_PASSWORD, address })).toBe('840')
    }
    expect(await outcome(other, { email: resident, password: A_PASSWORD, address })).toBe('in')
    expect(await outcome(other, { email: stranger, password: A_PASSWORD, address: anAddress() })).toBe('in')
    pass(840)
    expect(await outcome(one, { email: stranger, password: A_PASSWORD, address })).toBe('in')
  })

  it('makes a hundred accounts an hour', async () => {
    const address = anAddress()
    for (let turn = 0; turn < SIGN_UP_RULE.limit; turn++) await attemptSignUp(turn % 2 ? one : other, address)
    const refusal = { code: 'too_many_requests', headers: { 'retry-after': '3600' } }
    await expect(attemptSignUp(one, address)).rejects.toMatchObject(refusal)
    await expect(attemptSignUp(other, address)).rejects.toMatchObject(refusal)
    await attemptSignUp(one, anAddress())
    for (let turn = 0; turn <= SIGN_UP_RULE.limit; turn++) await attemptSignUp(one)
  })

  it('is never logged, nor is a person’s', async () => {
    const [email, address] = [await anAccount(), anAddress()]
    await fail(PAIR_RULE.limit, email, address)
    await outcome(one, { email, password: A_PASSWORD, address })
    const log = JSON.stringify(world.lines)
    expect(log).toContain('throttle.refused')
    for (const secret of [email, address, A_PASSWORD]) expect(log).not.toContain(secret)
  })
})
