/** Checks e-mail address and password. An unknown address takes the same steps and time as a wrong password. */
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import { newUuid } from '../ids.ts'
import { issueAccessToken } from './access-token.ts'
import { accountStore } from './store.ts'

export interface SignedIn {
  userId: string
  accessToken: string
}

export async function signIn(
  { config, containers, passwords, now }: Pick<Deps, 'config' | 'containers' | 'passwords' | 'now'>,
  { email, password }: { email: string; password: string },
): Promise<SignedIn> {
  const accounts = accountStore(containers)
  const entry = await accounts.findEmail(email)
  const userId = entry?.user_id ?? newUuid()
  const stored = await accounts.findPassword(userId)
  // Without a stored hash one is made and thrown away: making one takes as long as checking one.
  const matches = stored
    ? await passwords.verify(password, stored.hash)
    : await passwords.hash(password).then(() => false)
  if (!matches) throw new AppError('invalid_credentials', 'E-mail address or password is wrong')
  return { userId, accessToken: await issueAccessToken(config, userId, now()) }
}
