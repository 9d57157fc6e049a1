/** Sign-up and sign-in with what a client got from Google or GitHub by itself. */
import type { Deps } from '../deps.ts'
import { signInWithIdentity, signUpWithIdentity } from './identity-account.ts'
import { refused, type ProviderIdentity } from './providers/identity.ts'
import { emailEntryId, type ForeignProvider, type User } from './schema.ts'
import { startSession, type Session } from './session.ts'
import type { Credentials } from './sign-in.ts'
import type { AccountDeps } from './sign-up.ts'
import { attemptSignIn } from './throttle.ts'

/** With the provider's credential in the field of that name, or in place of the password. */
export interface ProviderCredential {
  email: string
  password: string
  id_token?: string | undefined
  access_token?: string | undefined
}

export async function signInWithProvider(
  deps: Pick<Deps, 'config' | 'containers' | 'identityProviders' | 'tallies' | 'now' | 'log'>,
  provider: ForeignProvider,
  { address, ...given }: ProviderCredential & Pick<Credentials, 'address'>,
): Promise<Session> {
  const attempt = await attemptSignIn(deps, given.email, address)
  const userId = await signInWithIdentity(deps, await identityOf(deps, provider, given))
  await attempt.succeeded()
  return startSession(deps, userId)
}

export async function signUpWithProvider(
  deps: AccountDeps & Pick<Deps, 'identityProviders'>,
  provider: ForeignProvider,
  { name, ...given }: ProviderCredential & { name?: string | null | undefined },
): Promise<User> {
  return signUpWithIdentity(deps, await identityOf(deps, provider, given), name)
}

async function identityOf(
  { identityProviders }: Pick<Deps, 'identityProviders'>,
  provider: ForeignProvider,
  { email, password, id_token, access_token }: ProviderCredential,
): Promise<ProviderIdentity> {
  const credential = (provider === 'Google' ? id_token : access_token) ?? password
  const identity = await identityProviders(provider).ofCredential(credential)
  if (emailEntryId(identity.email) === emailEntryId(email)) return identity
  throw refused(`This ${provider} account has another verified e-mail address`)
}
