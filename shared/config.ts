/** App settings: read once from the environment, validated together, so that one start names everything that is wrong. */
import { z } from 'zod'

const KEY_BYTES = 32

const base64Key = z.string().refine((text) => Buffer.from(text, 'base64').length === KEY_BYTES, {
  error: `must be ${KEY_BYTES} random bytes in base64, as "openssl rand -base64 ${KEY_BYTES}" prints them`,
})

/** `kid:base64,kid:base64`: the first key signs, all of them verify, so that keys can be rotated. */
const jwtKeys = z.string().transform((text, context) => {
  const keys = text.split(',').map((part) => {
    const [id = '', secret = ''] = part.trim().split(':')
    return { id, secret: Buffer.from(secret, 'base64') }
  })
  if (keys.some((key) => !/^[\w-]{1,40}$/.test(key.id) || key.secret.length < KEY_BYTES)) {
    context.addIssue({
      code: 'custom',
      message: `must be "<key id>:<at least ${KEY_BYTES} bytes in base64>", comma-separated`,
    })
  }
  return keys
})

const optionalText = z
  .string()
  .optional()
  .transform((text) => (text === '' ? undefined : text))

const Settings = z
  .object({
    AzureWebJobsStorage: optionalText,
    STORAGE_ACCOUNT_NAME: optionalText,
    COSMOS_ENDPOINT: z.url(),
    COSMOS_KEY: optionalText,
    COSMOS_DATABASE: z.string().min(1).default('herald'),
    AZURE_CLIENT_ID: optionalText,
    META_GRAPH_URL: z.url().default('https://graph.facebook.com'),
    META_GRAPH_VERSION: z
      .string()
      .regex(/^v\d+\.\d+$/, { error: 'must look like v26.0' })
      .default('v26.0'),
    META_APP_ID: z.string().regex(/^\d+$/, { error: 'must be the digits Meta shows as App ID' }),
    META_APP_SECRET: z.string().min(16),
    META_APP_SECRET_PREVIOUS: optionalText,
    META_VERIFY_TOKEN: z.string().min(8),
    JWT_KEYS: jwtKeys,
    TOKEN_ENCRYPTION_KEY: base64Key,
    PUBLIC_URL: z.url().default('http://localhost:8000'),
    CORS_ORIGINS: z.string().default(''),
    UNCERTAIN_WAIT_SECONDS: z.coerce.number().int().min(0).default(600),
  })
  .superRefine((settings, context) => {
    if (settings.AzureWebJobsStorage === undefined && settings.STORAGE_ACCOUNT_NAME === undefined) {
      context.addIssue({
        code: 'custom',
        path: ['AzureWebJobsStorage'],
        message: 'is missing (or give STORAGE_ACCOUNT_NAME to use a managed identity)',
      })
    }
  })

export type Config = ReturnType<typeof loadConfig>

/** Reads and checks every setting. Throws one Error that names each missing or malformed setting. */
export function loadConfig(env: Record<string, string | undefined>) {
  const parsed = Settings.safeParse(env)
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => {
      const name = String(issue.path[0])
      return `  ${name} ${env[name] === undefined ? 'is missing' : issue.message}`
    })
    throw new Error(`Herald cannot start, ${lines.length} setting(s) are wrong:\n${[...new Set(lines)].join('\n')}`)
  }
  const settings = parsed.data
  return {
    storage: { connectionString: settings.AzureWebJobsStorage, accountName: settings.STORAGE_ACCOUNT_NAME },
    cosmos: { endpoint: settings.COSMOS_ENDPOINT, key: settings.COSMOS_KEY, database: settings.COSMOS_DATABASE },
    managedIdentityClientId: settings.AZURE_CLIENT_ID,
    meta: {
      graphUrl: settings.META_GRAPH_URL.replace(/\/+$/, ''),
      graphVersion: settings.META_GRAPH_VERSION,
      appId: settings.META_APP_ID,
      appSecrets: [settings.META_APP_SECRET, settings.META_APP_SECRET_PREVIOUS].filter(
        (secret) => secret !== undefined,
      ),
      verifyToken: settings.META_VERIFY_TOKEN,
    },
    jwtKeys: settings.JWT_KEYS,
    tokenEncryptionKey: Buffer.from(settings.TOKEN_ENCRYPTION_KEY, 'base64'),
    /** How long Meta may take to report on a message whose answer was lost, before a person may send it again. */
    uncertainWaitSeconds: settings.UNCERTAIN_WAIT_SECONDS,
    publicUrl: settings.PUBLIC_URL.replace(/\/+$/, ''),
    corsOrigins: settings.CORS_ORIGINS.split(',')
      .map((origin) => origin.trim())
      .filter((origin) => origin !== ''),
  }
}
