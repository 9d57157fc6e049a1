/** Before anything is provisioned: are the values there that only a person can bring? azd runs it (azure.yaml). */
import { loadConfig } from '../../shared/config.ts'

/** What the templates make themselves. */
const MADE = { STORAGE_ACCOUNT_NAME: 'made', COSMOS_ENDPOINT: 'https://made.documents.azure.com' }
/** As main.bicep, unless tokens are to be sealed with a setting. */
const KEY = process.env['SEALED_BY'] === 'setting' ? undefined : 'https://made.vault.azure.net/keys/made'
const CURES = [
  'META_APP_ID, META_APP_SECRET: App settings → Basic in the Meta dashboard. META_VERIFY_TOKEN: any text you choose.',
  'JWT_KEYS="k1:$(openssl rand -base64 32)": once per environment, and kept.',
  'export them and run azd again; infra/README.md has the whole list.',
]

try {
  loadConfig({ ...process.env, AzureWebJobsStorage: undefined, ...MADE, KEY_VAULT_KEY_ID: KEY })
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  console.error(CURES.join('\n'))
  process.exitCode = 1
}
