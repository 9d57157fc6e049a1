/** Checks e-mail address and password. An unknown address takes the same steps and time as a wrong password. */
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import { newUuid } from '../ids.ts'
import { startSession, type Session } from './session.ts'
import { accountStore } from './store.ts'
import { attemptSignIn } from './throttle.ts'

export interface Credentials {
  email: string
  password: string
  /** Where the attempt comes from, if known: attempts are counted by it. */
  address?: string | undefined
}

export async function signIn(
  deps: Pick<Deps, 'config' | 'containers' | 'passwords' | 'tallies' | 'now' | 'log'>,
  { email, password, address }: Credentials,
): Promise<Session> {
  const attempt = await attemptSignIn(deps, email, address)
  const accounts = accountStore(deps.containers)
  const entry = await accounts.findEmail(email)
  const userId = entry?.user_id ?? newUuid()
  const stored = await accounts.findPassword(userId)
  // Without a stored hash one is made and thrown away: making one takes as long as checking one.
  const matches = stored
    ? await deps.passwords.verify(password, stored.hash)
    : await deps.passwords.hash(password).then(() => false)
  if (!matches) throw new AppError('invalid_credentials', 'E-mail address or password is wrong')
  await attempt.succeeded()
  return startSession(deps, userId)
}
