import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { HOST_BODY_LIMIT_BYTES } from '../../local/stack/parts.ts'
import { loadConfig, SETTING_NAMES } from '../../shared/config.ts'
import { MAX_FORM_BYTES } from '../../shared/media/file-types.ts'
import { appSettings, bicepText, INFRA, parameters, property, resources } from './bicep.ts'

/** Settings of the code that the cloud must not have, or does not need. */
const LEFT_OUT: Record<string, string> = {
  AzureWebJobsStorage: 'a connection string: the storage account has no usable key',
  COSMOS_KEY: 'Cosmos DB is reached with the identity',
  META_GRAPH_URL: "its default is Meta's own address; any other would be handed the customers' tokens",
  GOOGLE_ISSUER_URL: "its default is Google's own address; another one is for local stand-ins",
  GITHUB_URL: "its default is GitHub's own address; others are for local stand-ins and GitHub Enterprise",
  GITHUB_API_URL: "its default is GitHub's own address; others are for local stand-ins and GitHub Enterprise",
  WEBHOOK_PRIVATE_TARGETS: 'its default refuses what is not on the public internet; `allow` is for development',
  OTEL_EXPORTER_OTLP_ENDPOINT: 'telemetry goes to Application Insights, which the template makes',
  UNCERTAIN_WAIT_SECONDS: 'its default is meant for production; tests shorten it',
}

/** Read by the Functions host, not by the code. */
const FOR_THE_HOST = [
  ...['credential', 'clientId', 'blobServiceUri', 'queueServiceUri', 'tableServiceUri'].map(
    (suffix) => `AzureWebJobsStorage__${suffix}`,
  ),
  'APPLICATIONINSIGHTS_AUTHENTICATION_STRING',
  'FUNCTIONS_REQUEST_BODY_SIZE_LIMIT',
]

/** A Flex Consumption app refuses these. */
const REFUSED_BY_FLEX = [
  'FUNCTIONS_WORKER_RUNTIME',
  'FUNCTIONS_EXTENSION_VERSION',
  'WEBSITE_NODE_DEFAULT_VERSION',
  'WEBSITE_RUN_FROM_PACKAGE',
  'WEBSITE_CONTENTSHARE',
  'ENABLE_ORYX_BUILD',
  'SCM_DO_BUILD_DURING_DEPLOYMENT',
]

const settings = appSettings()

describe('the app settings of the function app', () => {
  it('are all that the code reads and the host needs, and no other', () => {
    const wanted = [...SETTING_NAMES.filter((name) => !(name in LEFT_OUT)), ...FOR_THE_HOST]
    expect([...settings.keys()].sort()).toEqual(wanted.sort())
  })

  it('let the host pass on the largest upload, and a little more for a refusal in our own words', () => {
    const limit = Number(settings.get('FUNCTIONS_REQUEST_BODY_SIZE_LIMIT')?.replaceAll("'", ''))
    expect(limit).toBeGreaterThan(MAX_FORM_BYTES)
    expect(HOST_BODY_LIMIT_BYTES).toBe(limit)
  })

  it('leave out only what the code still reads', () => {
    expect(SETTING_NAMES).toEqual(expect.arrayContaining(Object.keys(LEFT_OUT)))
  })

  it('are none that a Flex Consumption plan refuses', () => {
    expect(REFUSED_BY_FLEX.filter((name) => settings.has(name))).toEqual([])
  })

  it('are enough for the code to start with its identity instead of keys', () => {
    const key = randomBytes(32).toString('base64')
    const values: Record<string, string> = {
      STORAGE_ACCOUNT_NAME: 'account',
      COSMOS_ENDPOINT: 'https://account.documents.example',
      COSMOS_DATABASE: 'herald',
      AZURE_CLIENT_ID: 'client',
      META_APP_ID: '12345',
      META_APP_SECRET: randomBytes(16).toString('hex'),
      META_VERIFY_TOKEN: randomBytes(8).toString('hex'),
      JWT_KEYS: `a:${key}`,
      KEY_VAULT_KEY_ID: 'https://vault.example/keys/herald',
      PUBLIC_URL: 'https://herald.example',
    }
    const config = loadConfig(Object.fromEntries([...settings.keys()].map((name) => [name, values[name] ?? ''])))
    expect(config.storage).toEqual({ connectionString: undefined, accountName: 'account' })
    expect(config.cosmos.key).toBeUndefined()
    expect(config.managedIdentityClientId).toBe('client')
    expect(config.keyVaultKeyId).toBe('https://vault.example/keys/herald')
  })

  it('let the queue triggers use the account that the code sends to', () => {
    const queues = readFileSync(join(INFRA, '../functions/queues.ts'), 'utf8')
    expect([...queues.matchAll(/connection: '(\w+)'/g)].map(([, name]) => name)).toEqual(['AzureWebJobsStorage'])
    expect(settings.get('STORAGE_ACCOUNT_NAME')).toBe('storageAccount.name')
    for (const service of ['blob', 'queue', 'table']) {
      const address = settings.get(`AzureWebJobsStorage__${service}ServiceUri`)
      expect(address).toBe(`storageAccount.properties.primaryEndpoints.${service}`)
    }
  })
})

describe('the key that wraps keys', () => {
  it('is made in the vault for wrapping alone, named by the setting, and open to the identity', () => {
    const made = resources(bicepText('modules/key-vault.bicep')).find(({ symbol }) => symbol === 'wrappingKey')?.body
    expect(made).toContain("keyOps: ['wrapKey', 'unwrapKey']")
    expect(made).not.toContain('exp:')
    expect(property(made ?? '', 'name')).toBe('wrappingKeyName')
    expect(settings.get('KEY_VAULT_KEY_ID')).toContain('${keyVault.properties.vaultUri}keys/${wrappingKeyName}')
    expect(bicepText('main.bicep')).toContain("wrappingKeyName: sealedBy == 'keyVault' ? wrappingKeyName : ''")
    expect(bicepText('modules/roles.bicep')).toContain("keyVaultCryptoUser = '12338af0-0e69-4776-bea7-57ae8d297424'")
  })
})

describe('secrets', () => {
  const vault = bicepText('modules/key-vault.bicep')
  const secured = (text: string) =>
    [...text.matchAll(/@secure\(\)\n(?:@.*\n)*param (\w+)/g)].map(([, name = '']) => name)
  const setting = (parameter: string) => parameter.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()
  const dashed = (name: string) => name.replaceAll('_', '-')

  it('are secure parameters of the template and of the vault', () => {
    const given = secured(bicepText('main.bicep'))
    expect(given.map(setting).sort()).toEqual([
      'GITHUB_CLIENT_SECRET',
      'GOOGLE_CLIENT_SECRET',
      'JWT_KEYS',
      'META_APP_SECRET',
      'META_APP_SECRET_PREVIOUS',
      'META_VERIFY_TOKEN',
      'TOKEN_ENCRYPTION_KEY',
    ])
    expect(secured(vault).sort()).toEqual(given.sort())
    const rest = [...parameters(bicepText('main.bicep')).keys()].filter((name) => !given.includes(name))
    expect(rest.filter((name) => /secret|password|token|keys?$/i.test(name))).toEqual([])
  })

  it('are stored in the vault, each under the name its setting refers to', () => {
    const stored = resources(vault).filter(({ type }) => type === 'Microsoft.KeyVault/vaults/secrets')
    const names = stored.map(({ body }) => property(body, 'name')?.replaceAll("'", '') ?? '')
    const referring = [...settings].filter(([, value]) => value.includes('${secret}'))
    expect(names.sort()).toEqual(referring.map(([name]) => dashed(name)).sort())
    for (const [name, value] of referring) expect(value).toContain(`'\${secret}${dashed(name)})'`)
    expect(names).toEqual(secured(vault).map(setting).map(dashed).sort())
  })
})
