/** Herald's clients of Google and GitHub, led to local stand-ins of them, without the rest of a world. */
import type { IdentityProviderStandIns } from '../../local/identity-providers/server.ts'
import { identityProviders, type IdentityProviders } from '../../shared/accounts/providers/identity-providers.ts'

export interface ClientOptions {
  now?: () => Date
  answerTimeoutMs?: number
  changes?: Record<string, string>
}

export function clientsOf(standIns: IdentityProviderStandIns, options: ClientOptions = {}): IdentityProviders {
  const { now = () => new Date(), changes, ...rest } = options
  const settings = { ...standIns.settings, ...changes }
  const setting = (name: string): string => settings[name] ?? ''
  return identityProviders({
    ...rest,
    now,
    config: {
      google: {
        clientId: setting('GOOGLE_CLIENT_ID'),
        clientSecret: setting('GOOGLE_CLIENT_SECRET'),
        issuerUrl: setting('GOOGLE_ISSUER_URL'),
      },
      github: {
        clientId: setting('GITHUB_CLIENT_ID'),
        clientSecret: setting('GITHUB_CLIENT_SECRET'),
        url: setting('GITHUB_URL'),
        apiUrl: setting('GITHUB_API_URL'),
      },
    },
  })
}
