/** The one place that decides between keys (emulators only) and a managed identity (the cloud). */
import { DefaultAzureCredential, ManagedIdentityCredential, type TokenCredential } from '@azure/identity'
import type { Config } from '../config.ts'

/** The identity every Azure client uses where no key or connection string is set. */
export function credentialOf(config: Config): TokenCredential {
  const clientId = config.managedIdentityClientId
  return clientId === undefined ? new DefaultAzureCredential() : new ManagedIdentityCredential({ clientId })
}
