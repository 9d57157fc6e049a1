/** The sign-in providers that the settings name. */
import type { Config } from '../../config.ts'
import { AppError } from '../../errors.ts'
import type { ForeignProvider } from '../schema.ts'
import { providerClient } from './ask.ts'
import { github } from './github.ts'
import { google } from './google.ts'
import type { IdentityProvider } from './identity.ts'

/** Throws `provider_not_configured` for a provider without client id and secret. */
export type IdentityProviders = (provider: ForeignProvider) => IdentityProvider

export interface IdentityProvidersOptions {
  config: Pick<Config, 'google' | 'github'>
  now: () => Date
  answerTimeoutMs?: number
}

export function identityProviders({ config, now, answerTimeoutMs }: IdentityProvidersOptions): IdentityProviders {
  const ask = providerClient(answerTimeoutMs)
  const configured: Record<ForeignProvider, IdentityProvider | undefined> = {
    Google: config.google && google({ ask, now, client: config.google }),
    GitHub: config.github && github({ ask, client: config.github }),
  }
  return (provider) => {
    const found = configured[provider]
    if (found) return found
    throw new AppError('provider_not_configured', `Sign-in with ${provider} is not set up on this server; use e-mail`)
  }
}
