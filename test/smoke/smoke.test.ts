import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { REPOSITORY } from '../../local/stack/parts.ts'
import { SETTING_NAMES } from '../../shared/config.ts'
import { localHost } from './local-host.ts'
import { localSettings } from './local-settings.ts'
import { smoke } from './smoke.ts'

describe('the package in a folder of its own, with local.settings.json', () => {
  it('answers the handshake, signs a person up and sends one message', async () => {
    const lines: string[] = []
    await smoke(localHost, (line) => lines.push(line))
    expect(lines.at(-1)).toMatch(/^one message is (delivered|read)$/)
  })
})

describe('local.settings.example.json', () => {
  const read = (name: string) => JSON.parse(readFileSync(join(REPOSITORY, name), 'utf8')) as Record<string, unknown>

  it('has every setting that the code reads, but those of an identity, and those of the host', () => {
    const { Values: values } = read('local.settings.example.json') as { Values: Record<string, string> }
    const ofIdentity = ['STORAGE_ACCOUNT_NAME', 'AZURE_CLIENT_ID']
    const ofHost = ['FUNCTIONS_WORKER_RUNTIME', 'FUNCTIONS_REQUEST_BODY_SIZE_LIMIT']
    const wanted = [...SETTING_NAMES.filter((name) => !ofIdentity.includes(name)), ...ofHost]
    expect(Object.keys(values).sort()).toEqual(wanted.sort())
    expect(values['FUNCTIONS_WORKER_RUNTIME']).toBe('node')
  })

  it('is not used with a placeholder left in it', async () => {
    await expect(localSettings(REPOSITORY, {})).rejects.toThrow('AzureWebJobsStorage')
  })

  it('goes with a host.json and an entry that Core Tools find: version 2.0, no prefix, a bundle of extensions, one CommonJS file', () => {
    expect(read('host.json')).toMatchObject({
      version: '2.0',
      extensions: { http: { routePrefix: '' } },
      extensionBundle: { id: 'Microsoft.Azure.Functions.ExtensionBundle' },
    })
    expect(read('package.json')).toMatchObject({ main: 'dist/index.cjs' })
  })
})
