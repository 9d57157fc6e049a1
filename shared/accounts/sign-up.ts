/**
 * Makes an account. Two writes: first the address is reserved in `directory`, then the account itself is written, in one
 * batch with what its owner signs in with. If the second never happened, the same address signs up again and finishes
 * the account under the reserved id; once it did happen, the create-only write keeps everybody out.
 */
import type { Deps } from '../deps.ts'
import { AppError, isConflict } from '../errors.ts'
import { newUuid } from '../ids.ts'
import { emailEntryId, nameFromEmail, type Credential, type User } from './schema.ts'
import { accountStore, type AccountStore } from './store.ts'

export interface Newcomer {
  email: string
  name?: string | null | undefined
}

export interface NewAccount extends Newcomer {
  password: string
}

export async function signUp(
  deps: Pick<Deps, 'containers' | 'passwords' | 'now'>,
  { email, password, name }: NewAccount,
): Promise<User> {
  return createAccount(deps, { email, name }, async (userId, at) => ({
    id: 'password',
    workspace_id: userId,
    type: 'password',
    v: 1,
    hash: await deps.passwords.hash(password),
    updated_at: at,
  }))
}

/** Under the id that the address stands for. `credentialOf` is asked only if that account is not finished yet. */
export async function createAccount(
  { containers, now }: Pick<Deps, 'containers' | 'now'>,
  { email, name }: Newcomer,
  credentialOf: (userId: string, at: string) => Promise<Credential>,
): Promise<User> {
  const accounts = accountStore(containers)
  const at = now().toISOString()
  const userId = await reserve(accounts, email, at)
  if (await accounts.findUser(userId)) throw emailTaken()
  const user: User = {
    id: userId,
    workspace_id: userId,
    type: 'user',
    v: 1,
    email,
    name: name === undefined || name === null || name === '' ? nameFromEmail(email) : name,
    memberships: [],
    created_at: at,
    updated_at: at,
  }
  const credential = await credentialOf(userId, at)
  try {
    await accounts.createUser(user, credential)
  } catch (error) {
    // Somebody signed up with the same address at the same moment and was first.
    if (isConflict(error)) throw emailTaken()
    throw error
  }
  return user
}

/** The id that the address stands for, from now on or since an earlier sign-up. */
async function reserve(accounts: AccountStore, email: string, at: string): Promise<string> {
  const known = await accounts.findEmail(email)
  if (known) return known.user_id
  const userId = newUuid()
  try {
    await accounts.createEmail({ id: emailEntryId(email), type: 'email', v: 1, user_id: userId, created_at: at })
    return userId
  } catch (error) {
    if (!isConflict(error)) throw error
    const winner = await accounts.findEmail(email)
    if (!winner) throw error
    return winner.user_id
  }
}

export function emailTaken(): AppError {
  return new AppError('email_taken', 'There is an account with this e-mail address: sign in instead')
}
