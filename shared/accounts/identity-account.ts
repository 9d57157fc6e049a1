/**
 * The account that an identity of another provider opens. Found by the provider's id of the person alone: an e-mail
 * address never leads here, because whoever signed up with it first need not be who reads its mail.
 *
 * `directory` says where the account may be, the account's own partition says whether it agrees. The entry is written
 * before the account (see createAccount); where the account then went to somebody else, or was never written, it leads
 * to an account that does not agree, and opens nothing.
 */
import { sha256Hex } from '../crypto/sha256.ts'
import type { Deps } from '../deps.ts'
import { AppError, isConflict } from '../errors.ts'
import type { ProviderIdentity } from './providers/identity.ts'
import { identityEntryId, userIdentityId, type User } from './schema.ts'
import { createAccount, emailTaken } from './sign-up.ts'
import { accountStore, type AccountStore } from './store.ts'

type IdentityDeps = Parameters<typeof createAccount>[0]

/** The account's id. Throws `invalid_credentials` for an identity that has none, whoever has its e-mail address. */
export async function signInWithIdentity(
  { containers }: Pick<Deps, 'containers'>,
  identity: ProviderIdentity,
): Promise<string> {
  const userId = await findByIdentity(accountStore(containers), identity)
  if (userId !== undefined) return userId
  throw new AppError(
    'invalid_credentials',
    `Nobody has signed up with this ${identity.provider} account: sign up first`,
  )
}

/** Makes the account. Throws `email_taken` if its address, or the identity itself, has an account already. */
export async function signUpWithIdentity(
  deps: IdentityDeps,
  identity: ProviderIdentity,
  name?: string | null,
): Promise<User> {
  const accounts = accountStore(deps.containers)
  if ((await findByIdentity(accounts, identity)) !== undefined) throw emailTaken()
  const { provider, email } = identity
  const chosenName = name === undefined || name === null || name === '' ? identity.name : name
  return createAccount(deps, { email, name: chosenName }, async (userId, at) => {
    await reserveIdentity(accounts, identity, { userId, at })
    return {
      id: userIdentityId(provider),
      workspace_id: userId,
      type: 'identity',
      v: 1,
      provider,
      subject_hash: sha256Hex(identity.subject),
      created_at: at,
    }
  })
}

/** One step for a person in front of a browser, who need not know whether they were here before. */
export async function signInOrUpWithIdentity(deps: IdentityDeps, identity: ProviderIdentity): Promise<string> {
  const accounts = accountStore(deps.containers)
  const known = await findByIdentity(accounts, identity)
  if (known !== undefined) return known
  try {
    return (await signUpWithIdentity(deps, identity)).id
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'email_taken') throw error
    // Taken by a second sign-in of the same person at the same moment, perhaps.
    const twin = await findByIdentity(accounts, identity)
    if (twin !== undefined) return twin
    throw error
  }
}

async function findByIdentity(
  accounts: AccountStore,
  { provider, subject }: ProviderIdentity,
): Promise<string | undefined> {
  const subjectHash = sha256Hex(subject)
  const entry = await accounts.findIdentity(identityEntryId(provider, subjectHash))
  if (!entry) return undefined
  const userId = entry.value.user_id
  const agreed = await accounts.findUserIdentity(userId, provider)
  return agreed?.subject_hash === subjectHash ? userId : undefined
}

/** Leads the identity to the account that is about to be written. */
async function reserveIdentity(
  accounts: AccountStore,
  identity: ProviderIdentity,
  { userId, at }: { userId: string; at: string },
): Promise<void> {
  const id = identityEntryId(identity.provider, sha256Hex(identity.subject))
  const entry = { id, type: 'identity', v: 1, user_id: userId, created_at: at } as const
  try {
    await accounts.createIdentity(entry)
  } catch (error) {
    if (!isConflict(error)) throw error
    const stored = await accounts.findIdentity(id)
    if (!stored || stored.value.user_id === userId) return
    // It leads to an account that was finished meanwhile, or to one that never will be: the address has changed since.
    if ((await findByIdentity(accounts, identity)) !== undefined) throw emailTaken()
    await accounts.replaceIdentity(stored, entry)
  }
}
