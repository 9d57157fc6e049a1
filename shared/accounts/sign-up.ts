/**
 * Makes an account. Two writes: first the address is reserved in `directory`, then the account itself is written, in one
 * batch with what its owner signs in with. If the second never happened, the same address signs up again and finishes
 * the account under the reserved id; once it did happen, the create-only write keeps everybody out.
 *
 * Whoever was added to workspaces by this address is a member from that write on: signing up is what accepts. Their
 * rows in those workspaces follow, by a queue message if need be.
 */
import { retryingConflicts } from '../conflicts.ts'
import type { Deps } from '../deps.ts'
import { AppError, isConflict } from '../errors.ts'
import { newUuid } from '../ids.ts'
import { SETTLE_AFTER_SECONDS, settleMembership } from '../workspaces/members/settle.ts'
import { emailEntryId, nameFromEmail, type Credential, type User } from './schema.ts'
import { accountStore } from './store.ts'

export interface Newcomer {
  email: string
  name?: string | null | undefined
}

export interface NewAccount extends Newcomer {
  password: string
}

export type AccountDeps = Pick<Deps, 'containers' | 'queues' | 'log' | 'now'>

export async function signUp(
  deps: AccountDeps & Pick<Deps, 'passwords'>,
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
  deps: AccountDeps,
  { email, name }: Newcomer,
  credentialOf: (userId: string, at: string) => Promise<Credential>,
): Promise<User> {
  const accounts = accountStore(deps.containers)
  const at = deps.now().toISOString()
  const userId = await reserveAddress(deps, email)
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
  const created = await createUser(deps, user, await credentialOf(userId, at))
  await settleInvitations(deps, created)
  return created
}

/** With the memberships that waited for this address. */
async function createUser({ containers, queues }: AccountDeps, user: User, credential: Credential): Promise<User> {
  const accounts = accountStore(containers)
  return retryingConflicts(async () => {
    const invitations = await accounts.findInvitations(user.id)
    const memberships = (invitations?.value.memberships ?? []).map((membership) => ({
      ...membership,
      status: 'active' as const,
      joined_at: user.created_at,
    }))
    for (const { workspace_id } of memberships) {
      const message = { workspace_id, user_id: user.id }
      await queues.send('workspace-changes', message, { delaySeconds: SETTLE_AFTER_SECONDS })
    }
    try {
      await accounts.createUser({ ...user, memberships }, credential, invitations)
    } catch (error) {
      // Somebody signed up with the same address at the same moment and was first.
      if (isConflict(error) && (await accounts.findUser(user.id))) throw emailTaken()
      throw error
    }
    return { ...user, memberships }
  })
}

/** The account is made, whatever happens here: what fails is done by the queue. */
async function settleInvitations(deps: AccountDeps, { id, memberships }: User): Promise<void> {
  const settled = await Promise.allSettled(
    memberships.map(({ workspace_id }) => settleMembership(deps, workspace_id, id)),
  )
  for (const result of settled) {
    if (result.status === 'rejected')
      deps.log.warn('account.invitation_not_settled', { error: result.reason as unknown })
  }
}

/** The user id that the address stands for, from now on or since it was first named; an account may not exist yet. */
export async function reserveAddress(
  { containers, now }: Pick<Deps, 'containers' | 'now'>,
  email: string,
): Promise<string> {
  const accounts = accountStore(containers)
  const known = await accounts.findEmail(email)
  if (known) return known.user_id
  const userId = newUuid()
  const created_at = now().toISOString()
  try {
    await accounts.createEmail({ id: emailEntryId(email), type: 'email', v: 1, user_id: userId, created_at })
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
