/**
 * How often one may try to sign in or up. An attempt is counted before its password is looked at, so that a thousand
 * attempts at once are a thousand, and taken back if it was right. What is too much is refused without a look at the
 * password: its answer would tell whether it was right. Nothing here depends on whether there is such an account.
 *
 * Three tallies for each sign-in, by compare-and-swap in storage, so that all instances count together:
 * - account and address together, the strict one. It holds back only that address, so nobody locks out an owner who
 *   sits elsewhere.
 * - the address: one that tries many accounts.
 * - the account: many addresses that try one. It would let them lock out its owner, so whoever signed in to the account
 *   from the same address within 30 days is not held back by it, nor by the tally of an address they share with others.
 */
import type { Deps } from '../deps.ts'
import { AppError, isConflict } from '../errors.ts'
import { attempted, NO_TALLY, takenBack, type Rule } from '../throttle/rules.ts'
import { emailEntryId } from './schema.ts'

type ThrottleDeps = Pick<Deps, 'tallies' | 'now' | 'log'>

/** A person who forgot their password tries fewer; a guesser gets about a hundred a day. */
export const PAIR_RULE: Rule = { name: 'signin-pair', limit: 10, kind: 'growing', seconds: 3600 }
/** Room for the wrong passwords of an office behind one address; a list of stolen passwords takes years. */
export const ADDRESS_RULE: Rule = { name: 'signin-address', limit: 100, kind: 'fixed', seconds: 15 * 60 }
/** As many guesses as NIST SP 800-63B allows an account, however many machines make them. */
export const ACCOUNT_RULE: Rule = { name: 'signin-account', limit: 100, kind: 'fixed', seconds: 15 * 60 }
/** Each costs a password hash, and tells whether an e-mail address has an account. A class room fits in. */
export const SIGN_UP_RULE: Rule = { name: 'signup-address', limit: 100, kind: 'fixed', seconds: 3600 }

const TRUST_MS = 30 * 24 * 3600_000

/** Where no address is known, an attempt is counted by account only: one bucket for all would lock everybody out. */
const NOWHERE = 'unknown'

export interface Attempt {
  /** The password was right. */
  succeeded(): Promise<void>
}

/** Throws `too_many_requests`. */
export async function attemptSignIn(deps: ThrottleDeps, email: string, address?: string): Promise<Attempt> {
  const account = emailEntryId(email)
  const pair = `${account} ${address ?? NOWHERE}`
  const { trustedUntilMs } = await count(deps, PAIR_RULE, pair)
  const others: [Rule, string][] =
    address === undefined || trustedUntilMs > deps.now().getTime()
      ? []
      : [
          [ADDRESS_RULE, address],
          [ACCOUNT_RULE, account],
        ]
  for (const [rule, key] of others) await count(deps, rule, key)
  return {
    async succeeded() {
      const trusted = { ...NO_TALLY, trustedUntilMs: deps.now().getTime() + TRUST_MS }
      await Promise.all([
        deps.tallies.change(PAIR_RULE.name, pair, () => ({ tally: trusted, result: undefined })),
        ...others.map(([rule, key]) =>
          deps.tallies.change(rule.name, key, (tally) => ({ tally: takenBack(tally), result: undefined })),
        ),
      ])
    },
  }
}

/** Throws `too_many_requests`. Every sign-up counts, one that went well too. */
export async function attemptSignUp(deps: ThrottleDeps, address?: string): Promise<void> {
  if (address !== undefined) await count(deps, SIGN_UP_RULE, address)
}

/** Answers the tally as it was before. */
async function count({ tallies, now, log }: ThrottleDeps, rule: Rule, key: string) {
  const { tally, waitMs } = await tallies
    .change(rule.name, key, (before) => {
      const next = attempted(rule, before, now().getTime())
      return 'waitMs' in next
        ? { result: { tally: before, waitMs: next.waitMs } }
        : { tally: next, result: { tally: before, waitMs: 0 } }
    })
    // So many at once that they keep each other from being counted.
    .catch((error: unknown) => {
      if (!isConflict(error)) throw error
      return { tally: NO_TALLY, waitMs: 1000 }
    })
  if (waitMs === 0) return tally
  log.warn('throttle.refused', { rule: rule.name })
  const seconds = Math.ceil(waitMs / 1000)
  throw new AppError('too_many_requests', `Too many attempts: try again in ${seconds} seconds`, {
    headers: { 'retry-after': String(seconds) },
  })
}
