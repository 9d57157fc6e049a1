/** The account of a signed-in person. */
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import type { User } from './schema.ts'
import { accountStore } from './store.ts'

export async function findAccount({ containers }: Pick<Deps, 'containers'>, userId: string): Promise<User> {
  const stored = await accountStore(containers).findUser(userId)
  if (!stored) throw new AppError('unauthorized', 'The account of this access token no longer exists')
  return stored.value
}
