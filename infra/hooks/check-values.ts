/** Before anything is provisioned: are the values there that only a person can bring? azd runs it (azure.yaml). */
import { loadConfig } from '../../shared/config.ts'

/** What the templates make themselves. */
const MADE = { STORAGE_ACCOUNT_NAME: 'made', COSMOS_ENDPOINT: 'https://made.documents.azure.com' }
const CURES = [
  'META_APP_ID, META_APP_SECRET: App settings → Basic in the Meta dashboard. META_VERIFY_TOKEN: any text you choose.',
  'JWT_KEYS="k1:$(openssl rand -base64 32)" and TOKEN_ENCRYPTION_KEY="$(openssl rand -base64 32)": once per environment, and kept.',
  'export them and run azd again; infra/README.md has the whole list.',
]

try {
  loadConfig({ ...process.env, AzureWebJobsStorage: undefined, ...MADE })
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  console.error(CURES.join('\n'))
  process.exitCode = 1
}
