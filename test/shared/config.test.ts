import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../shared/config.ts'

const key = () => randomBytes(32).toString('base64')

function settings(changes: Record<string, string | undefined> = {}): Record<string, string | undefined> {
  return {
    AzureWebJobsStorage: 'UseDevelopmentStorage=true',
    COSMOS_ENDPOINT: 'http://127.0.0.1:8081',
    META_APP_ID: '1234567890',
    META_APP_SECRET: randomBytes(16).toString('hex'),
    META_VERIFY_TOKEN: randomBytes(8).toString('hex'),
    JWT_KEYS: `a:${key()}`,
    TOKEN_ENCRYPTION_KEY: key(),
    ...changes,
  }
}

function complaint(env: Record<string, string | undefined>): string {
  try {
    loadConfig(env)
  } catch (error) {
    return String(error)
  }
  return 'none'
}

const REQUIRED = [
  'AzureWebJobsStorage',
  'COSMOS_ENDPOINT',
  'META_APP_ID',
  'META_APP_SECRET',
  'META_VERIFY_TOKEN',
  'JWT_KEYS',
  'TOKEN_ENCRYPTION_KEY',
]

const MALFORMED: Record<string, string> = {
  COSMOS_ENDPOINT: 'kosmos',
  META_GRAPH_URL: 'file:///etc/passwd',
  META_GRAPH_VERSION: 'latest',
  META_APP_ID: 'herald-app',
  META_APP_SECRET: 'too-short-abc',
  META_VERIFY_TOKEN: 'short-7',
  JWT_KEYS: 'a:c2hvcnQ=',
  TOKEN_ENCRYPTION_KEY: 'bm90IDMyIGJ5dGVz',
  KEY_VAULT_KEY_ID: 'http://vault.example/keys/herald',
  PUBLIC_URL: 'localhost',
  TELEMETRY: 'switched-on',
  TELEMETRY_TRACES_PERCENT: '101',
  OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318',
  UNCERTAIN_WAIT_SECONDS: 'ten minutes',
  WEBHOOK_ARCHIVE: 'true',
}

describe('loading the settings', () => {
  it.each([
    ['https://vault.example/keys/herald', undefined],
    [`https://vault.example/keys/herald/${'0a'.repeat(16)}`, key()],
  ])('takes a key in Key Vault, %s, with a key of its own or without', (id, own) => {
    const { keyVaultKeyId, keyring } = loadConfig(settings({ KEY_VAULT_KEY_ID: id, TOKEN_ENCRYPTION_KEY: own }))
    expect(keyVaultKeyId).toBe(id)
    expect(keyring.has('setting')).toBe(own !== undefined)
  })

  it('names every missing setting at once', () => {
    const said = complaint({})
    for (const name of REQUIRED) expect(said).toContain(`${name} is missing`)
    expect(said).toContain(`${REQUIRED.length} setting(s) are wrong`)
    expect(said).toContain('STORAGE_ACCOUNT_NAME')
  })

  it('takes a blank setting for a missing one', () => {
    const blank = Object.fromEntries(REQUIRED.map((name) => [name, ' ']))
    expect(complaint(blank)).toBe(complaint({}))
    expect(loadConfig(settings({ UNCERTAIN_WAIT_SECONDS: '', META_GRAPH_URL: '', COSMOS_KEY: '' }))).toMatchObject({
      uncertainWaitSeconds: 600,
      meta: { graphUrl: 'https://graph.facebook.com' },
      cosmos: { key: undefined },
    })
  })

  it('names every malformed setting at once, and shows none of their values', () => {
    const said = complaint(settings(MALFORMED))
    for (const [name, value] of Object.entries(MALFORMED)) {
      expect(said).toContain(`  ${name} must`)
      expect(said).not.toContain(value)
    }
    expect(said).toContain(`${Object.keys(MALFORMED).length} setting(s) are wrong`)
  })

  it('says what one missing and one malformed setting lack, and nothing of the others', () => {
    const env = settings({ META_APP_ID: 'x', COSMOS_ENDPOINT: undefined, AzureWebJobsStorage: undefined })
    const said = complaint(env)
    expect(said.split('\n')).toHaveLength(4)
    for (const name of ['META_APP_SECRET', 'META_VERIFY_TOKEN', 'JWT_KEYS', 'TOKEN_ENCRYPTION_KEY']) {
      expect(said).not.toContain(name)
      expect(said).not.toContain(env[name])
    }
  })

  it('has the documented defaults', () => {
    expect(loadConfig(settings())).toMatchObject({
      cosmos: { key: undefined, database: 'herald' },
      meta: { graphUrl: 'https://graph.facebook.com', graphVersion: 'v26.0' },
      publicUrl: 'http://localhost:8000',
      corsOrigins: [],
      uncertainWaitSeconds: 600,
    })
  })

  it('takes an account name instead of a connection string', () => {
    const config = loadConfig(settings({ AzureWebJobsStorage: undefined, STORAGE_ACCOUNT_NAME: 'heraldstore' }))
    expect(config.storage).toEqual({ connectionString: undefined, accountName: 'heraldstore' })
  })

  it('reads lists with spaces and addresses with a slash at the end', () => {
    const env = { CORS_ORIGINS: ' https://a.example , https://b.example,', PUBLIC_URL: 'https://herald.example//' }
    expect(loadConfig(settings(env))).toMatchObject({
      corsOrigins: ['https://a.example', 'https://b.example'],
      publicUrl: 'https://herald.example',
    })
  })

  it('keeps the app secret and the one before it, newest first', () => {
    const secrets = { META_APP_SECRET: 'a'.repeat(32), META_APP_SECRET_PREVIOUS: 'b'.repeat(32) }
    expect(loadConfig(settings(secrets)).meta.appSecrets).toEqual(Object.values(secrets))
    expect(loadConfig(settings({ META_APP_SECRET_PREVIOUS: '' })).meta.appSecrets).toHaveLength(1)
  })

  it.each(['META_APP_SECRET', 'META_APP_SECRET_PREVIOUS', 'META_VERIFY_TOKEN', 'JWT_KEYS', 'TOKEN_ENCRYPTION_KEY'])(
    'does not take a Key Vault reference that Azure could not follow for %s',
    (name) => {
      const reference = `@Microsoft.KeyVault(SecretUri=https://vault.example/secrets/${name.replaceAll('_', '-')})`
      expect(complaint(settings({ [name]: reference }))).toMatch(
        new RegExp(`1 setting.*\\n  ${name} could not be read from Key Vault$`),
      )
    },
  )
})

describe('JWT_KEYS', () => {
  it('holds one or more keys in their order', () => {
    const [one, two] = [randomBytes(32), randomBytes(48)]
    const text = ` new-1:${one.toString('base64')} , old_0:${two.toString('base64')}`
    expect(loadConfig(settings({ JWT_KEYS: text })).jwtKeys).toEqual([
      { id: 'new-1', secret: one },
      { id: 'old_0', secret: two },
    ])
  })

  const good = key()
  it.each([
    ['no key at all', ','],
    ['a key without an id', good],
    ['an empty id', `:${good}`],
    ['a comma at the end', `a:${good},`],
    ['a short key', `a:${randomBytes(31).toString('base64')}`],
    ['an id with odd characters', `a b:${good}`],
    ['the same id twice', `a:${good},a:${key()}`],
  ])('is refused with %s, without showing it', (_what, text) => {
    const said = complaint(settings({ JWT_KEYS: text }))
    expect(said).toContain('JWT_KEYS must')
    expect(said).not.toContain(good)
  })
})

describe('the providers people sign in with', () => {
  it('are off until they are set up, and then at their own addresses', () => {
    expect(loadConfig(settings())).toMatchObject({ google: undefined, github: undefined })
    const clientSecret = randomBytes(16).toString('hex')
    const google = { GOOGLE_CLIENT_ID: 'a-client', GOOGLE_CLIENT_SECRET: clientSecret }
    const github = { GITHUB_CLIENT_ID: 'b-client', GITHUB_CLIENT_SECRET: clientSecret }
    expect(loadConfig(settings({ ...google, ...github }))).toMatchObject({
      google: { clientId: 'a-client', clientSecret, issuerUrl: 'https://accounts.google.com' },
      github: { clientId: 'b-client', clientSecret, url: 'https://github.com', apiUrl: 'https://api.github.com' },
    })
  })

  it('can be elsewhere', () => {
    const client = { GITHUB_CLIENT_ID: 'b-client', GITHUB_CLIENT_SECRET: randomBytes(16).toString('hex') }
    const addresses = { GITHUB_URL: 'https://git.example/', GITHUB_API_URL: 'https://git.example/api/v3/' }
    expect(loadConfig(settings({ ...client, ...addresses })).github).toMatchObject({
      url: 'https://git.example',
      apiUrl: 'https://git.example/api/v3',
    })
  })

  it.each(['GOOGLE', 'GITHUB'])('are not set up by half: %s', (provider) => {
    const [id, secret] = [`${provider}_CLIENT_ID`, `${provider}_CLIENT_SECRET`]
    expect(complaint(settings({ [id]: 'a-client' }))).toContain(`${secret} is missing`)
    const value = randomBytes(16).toString('hex')
    const said = complaint(settings({ [secret]: value }))
    expect(said).toContain(`${id} is missing`)
    expect(said).not.toContain(value)
  })
})

describe('telemetry', () => {
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318/' }
  const line = { APPLICATIONINSIGHTS_CONNECTION_STRING: 'InstrumentationKey=x' }

  it('is off unless it is asked for, wherever it could go', () => {
    expect(loadConfig(settings({ ...endpoint, ...line })).telemetry).toBeUndefined()
    expect(loadConfig(settings({ ...endpoint, ...line, TELEMETRY: 'off' })).telemetry).toBeUndefined()
  })

  it('goes where it is asked to go, with a share of the traces', () => {
    const otlp = { TELEMETRY: 'otlp', ...endpoint, TELEMETRY_TRACES_PERCENT: '2.5' }
    expect(loadConfig(settings(otlp)).telemetry).toEqual({
      to: 'otlp',
      url: 'http://127.0.0.1:4318',
      tracedShare: 0.025,
    })
    const azure = { to: 'azure', connectionString: 'InstrumentationKey=x', tracedShare: 1 }
    expect(loadConfig(settings({ TELEMETRY: 'azure', ...line })).telemetry).toEqual(azure)
  })

  it('names the address that it lacks', () => {
    expect(complaint(settings({ TELEMETRY: 'otlp', ...line }))).toContain('OTEL_EXPORTER_OTLP_ENDPOINT is missing')
    expect(complaint(settings({ TELEMETRY: 'azure' }))).toContain('APPLICATIONINSIGHTS_CONNECTION_STRING is missing')
  })
})
