/** Sign-in providers other than our own e-mail and password. No setting can configure one in this version. */
import { AppError } from '../errors.ts'
import type { Provider } from './schema.ts'

/** Throws for every provider but Email: its requests must never be taken for an e-mail and password login. */
export function refuseForeignProvider(provider: Provider): void {
  if (provider === 'Email') return
  throw new AppError('provider_not_configured', `Sign-in with ${provider} is not set up on this server; use e-mail`)
}
