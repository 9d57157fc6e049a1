/** App settings: read once from the environment, validated together, so that one start names everything that is wrong. */
import * as z from 'zod'
import { keyring } from './crypto/keyring.ts'

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
  if (new Set(keys.map(({ id }) => id)).size < keys.length) {
    context.addIssue({ code: 'custom', message: 'must have a different id for each key' })
  }
  return keys
})

/** The bearer token of a request goes with it: never without TLS. */
const KEY_ID = /^https:\/\/[\w.:-]+\/keys\/[\w-]{1,127}(\/[0-9a-f]{32})?$/

const address = z.url({ protocol: /^https?$/, error: 'must be an address that begins with https:// or http://' })
const secret = (characters: number) =>
  z.string().min(characters, { error: `must have ${characters} characters or more` })

const Settings = z.object({
  AzureWebJobsStorage: z.string().optional(),
  STORAGE_ACCOUNT_NAME: z.string().optional(),
  COSMOS_ENDPOINT: address,
  COSMOS_KEY: z.string().optional(),
  COSMOS_DATABASE: z.string().default('herald'),
  AZURE_CLIENT_ID: z.string().optional(),
  META_GRAPH_URL: address.default('https://graph.facebook.com'),
  META_GRAPH_VERSION: z
    .string()
    .regex(/^v\d+\.\d+$/, { error: 'must look like v26.0' })
    .default('v26.0'),
  META_APP_ID: z.string().regex(/^\d+$/, { error: 'must be the digits Meta shows as App ID' }),
  META_APP_SECRET: secret(16),
  META_APP_SECRET_PREVIOUS: z.string().optional(),
  META_VERIFY_TOKEN: secret(8),
  JWT_KEYS: jwtKeys,
  TOKEN_ENCRYPTION_KEY: base64Key.optional(),
  KEY_VAULT_KEY_ID: z
    .string()
    .regex(KEY_ID, { error: 'must look like https://<vault>.vault.azure.net/keys/<name>, with or without a version' })
    .optional(),
  // Sign-in with Google and GitHub. The addresses are for local stand-ins and for GitHub Enterprise.
  GOOGLE_CLIENT_ID: z.string().optional(),
  GOOGLE_CLIENT_SECRET: secret(8).optional(),
  GOOGLE_ISSUER_URL: address.default('https://accounts.google.com'),
  GITHUB_CLIENT_ID: z.string().optional(),
  GITHUB_CLIENT_SECRET: secret(8).optional(),
  GITHUB_URL: address.default('https://github.com'),
  GITHUB_API_URL: address.default('https://api.github.com'),
  // Where the endpoints of workspaces may be: `allow` adds this machine and its own network, over http too.
  WEBHOOK_PRIVATE_TARGETS: z
    .enum(['refuse', 'allow'], { error: 'must be refuse, or allow for local development' })
    .default('refuse'),
  PUBLIC_URL: address.default('http://localhost:8000'),
  CORS_ORIGINS: z.string().default(''),
  /** Keeps the raw body of every webhook. */
  WEBHOOK_ARCHIVE: z.enum(['on', 'off'], { error: 'must be on or off' }).default('off'),
  // Traces and metrics: to a collector (OTLP over HTTP) or to Application Insights.
  TELEMETRY: z.enum(['off', 'otlp', 'azure'], { error: 'must be off, otlp or azure' }).default('off'),
  TELEMETRY_TRACES_PERCENT: z
    .string()
    .regex(/^(100|\d{1,2}(\.\d+)?)$/, { error: 'must be a number from 0 to 100' })
    .default('100')
    .transform(Number),
  OTEL_EXPORTER_OTLP_ENDPOINT: address.optional(),
  APPLICATIONINSIGHTS_CONNECTION_STRING: z.string().optional(),
  UNCERTAIN_WAIT_SECONDS: z
    .string()
    .regex(/^\d{1,9}$/, { error: 'must be a whole number of seconds' })
    .default('600')
    .transform(Number),
})

export type Config = ReturnType<typeof loadConfig>

/** Every app setting that is read here: infra/ must give each of them, or have a reason not to. */
export const SETTING_NAMES: readonly string[] = Object.keys(Settings.shape)

/** Reads and checks every setting. Throws one Error that names each missing or malformed setting. */
export function loadConfig(env: Record<string, string | undefined>) {
  // Templates and shells leave settings blank rather than out: both mean the same.
  const given = Object.fromEntries(Object.entries(env).filter(([, text]) => text?.trim()))
  const parsed = Settings.safeParse(given)
  const unread = SETTING_NAMES.filter((name) => given[name]?.startsWith('@Microsoft.KeyVault('))
  const issues = (parsed.error?.issues ?? []).filter((issue) => !unread.includes(String(issue.path[0])))
  const problems = [
    // Azure hands over the reference itself where the app may not read the secret: a text that can be guessed.
    ...unread.map((name) => `  ${name} could not be read from Key Vault`),
    ...issues.map((issue) => problemOf(given, issue)),
    ...storageProblems(given),
    ...sealingProblems(given),
    ...pairProblems(given),
    ...telemetryProblems(given),
  ]
  if (!parsed.success || problems.length > 0) {
    throw new Error(`Herald cannot start, ${problems.length} setting(s) are wrong:\n${problems.join('\n')}`)
  }
  const settings = parsed.data
  return {
    storage: { connectionString: settings.AzureWebJobsStorage, accountName: settings.STORAGE_ACCOUNT_NAME },
    cosmos: { endpoint: settings.COSMOS_ENDPOINT, key: settings.COSMOS_KEY, database: settings.COSMOS_DATABASE },
    managedIdentityClientId: settings.AZURE_CLIENT_ID,
    meta: {
      graphUrl: withoutSlash(settings.META_GRAPH_URL),
      graphVersion: settings.META_GRAPH_VERSION,
      appId: settings.META_APP_ID,
      appSecrets: [settings.META_APP_SECRET, settings.META_APP_SECRET_PREVIOUS].filter(
        (secret) => secret !== undefined,
      ),
      verifyToken: settings.META_VERIFY_TOKEN,
    },
    /** Undefined: nobody signs in with it. */
    google: clientOf(settings.GOOGLE_CLIENT_ID, settings.GOOGLE_CLIENT_SECRET, {
      issuerUrl: withoutSlash(settings.GOOGLE_ISSUER_URL),
    }),
    github: clientOf(settings.GITHUB_CLIENT_ID, settings.GITHUB_CLIENT_SECRET, {
      url: withoutSlash(settings.GITHUB_URL),
      apiUrl: withoutSlash(settings.GITHUB_API_URL),
    }),
    jwtKeys: settings.JWT_KEYS,
    /** Opens stored secrets. Keys that Key Vault has wrapped join it later: see crypto/key-keeper.ts. */
    keyring: keyring(settingKey(settings.TOKEN_ENCRYPTION_KEY)),
    /** Undefined: TOKEN_ENCRYPTION_KEY seals what is new. */
    keyVaultKeyId: settings.KEY_VAULT_KEY_ID,
    keepsWebhookBodies: settings.WEBHOOK_ARCHIVE === 'on',
    /** How long Meta may take to report on a message whose answer was lost, before a person may send it again. */
    uncertainWaitSeconds: settings.UNCERTAIN_WAIT_SECONDS,
    webhooks: { allowPrivateTargets: settings.WEBHOOK_PRIVATE_TARGETS === 'allow' },
    /** Undefined: off. */
    telemetry: telemetryOf(settings),
    publicUrl: withoutSlash(settings.PUBLIC_URL),
    corsOrigins: settings.CORS_ORIGINS.split(',')
      .map((origin) => origin.trim())
      .filter((origin) => origin !== ''),
  }
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '')
}

/** How Herald is known to a provider that people sign in with, and where that provider is. */
function clientOf<Addresses extends object>(
  clientId: string | undefined,
  clientSecret: string | undefined,
  addresses: Addresses,
): (Addresses & { clientId: string; clientSecret: string }) | undefined {
  // One without the other never comes here: see pairProblems.
  if (clientId === undefined || clientSecret === undefined) return undefined
  return { ...addresses, clientId, clientSecret }
}

export type TelemetrySettings = { tracedShare: number } & (
  { to: 'otlp'; url: string } | { to: 'azure'; connectionString: string }
)

function telemetryOf(settings: z.output<typeof Settings>): TelemetrySettings | undefined {
  const { TELEMETRY: to, OTEL_EXPORTER_OTLP_ENDPOINT: url, APPLICATIONINSIGHTS_CONNECTION_STRING: line } = settings
  const tracedShare = settings.TELEMETRY_TRACES_PERCENT / 100
  // Without where it goes it never comes here: see telemetryProblems.
  if (to === 'otlp' && url !== undefined) return { to, url: withoutSlash(url), tracedShare }
  return to === 'azure' && line !== undefined ? { to, connectionString: line, tracedShare } : undefined
}

type Given = Record<string, string | undefined>

/** Never the value: it may be a secret. */
function problemOf(given: Given, issue: z.core.$ZodIssue): string {
  const name = String(issue.path[0])
  return `  ${name} ${given[name] === undefined ? 'is missing' : issue.message}`
}

/** Outside the schema, which does not look at what fields mean together while one of them is wrong. */
function storageProblems({ AzureWebJobsStorage, STORAGE_ACCOUNT_NAME }: Given): string[] {
  if (AzureWebJobsStorage !== undefined || STORAGE_ACCOUNT_NAME !== undefined) return []
  return ['  AzureWebJobsStorage is missing (or give STORAGE_ACCOUNT_NAME to use a managed identity)']
}

function sealingProblems({ TOKEN_ENCRYPTION_KEY, KEY_VAULT_KEY_ID }: Given): string[] {
  if (TOKEN_ENCRYPTION_KEY !== undefined || KEY_VAULT_KEY_ID !== undefined) return []
  return ['  TOKEN_ENCRYPTION_KEY is missing (or give KEY_VAULT_KEY_ID to use a key in Key Vault)']
}

function settingKey(text: string | undefined): Buffer | undefined {
  return text === undefined ? undefined : Buffer.from(text, 'base64')
}

const PAIRS = ['GOOGLE', 'GITHUB'].map((provider) => [`${provider}_CLIENT_ID`, `${provider}_CLIENT_SECRET`] as const)

/** A provider half set up would look as if it were switched off. */
function pairProblems(given: Given): string[] {
  const halves = PAIRS.flatMap(([id, secret]) => [[id, secret] as const, [secret, id] as const])
  return halves
    .filter(([name, other]) => given[name] === undefined && given[other] !== undefined)
    .map(([name, other]) => `  ${name} is missing (${other} is given: give both, or neither)`)
}

const NEEDED_BY_TELEMETRY: Record<string, string> = {
  otlp: 'OTEL_EXPORTER_OTLP_ENDPOINT',
  azure: 'APPLICATIONINSIGHTS_CONNECTION_STRING',
}

function telemetryProblems(given: Given): string[] {
  const needed = NEEDED_BY_TELEMETRY[given['TELEMETRY'] ?? 'off']
  if (needed === undefined || given[needed] !== undefined) return []
  return [`  ${needed} is missing (TELEMETRY is ${given['TELEMETRY'] ?? ''})`]
}
