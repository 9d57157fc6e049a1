import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { localSecrets, SETTINGS_FILE } from '../../../local/stack/settings.ts'
import { SETTING_NAMES } from '../../../shared/config.ts'
import { aFolder } from './support.ts'

describe('the secrets of the local world', () => {
  let folder: ReturnType<typeof aFolder>
  beforeAll(() => {
    folder = aFolder()
  })
  afterAll(() => folder.remove())

  it('are made once, kept for their owner only, and the same at the next start', async () => {
    const made = await localSecrets(folder.path, {})
    expect(statSync(join(folder.path, SETTINGS_FILE)).mode & 0o777).toBe(0o600)
    expect(await localSecrets(folder.path, {})).toEqual(made)
    expect(new Set(Object.values(made)).size).toBe(Object.keys(made).length)
  })

  it('give way to the environment, which is not written down', async () => {
    const before = await localSecrets(folder.path, {})
    const given = await localSecrets(folder.path, { META_APP_SECRET: 'given-by-the-shell', META_VERIFY_TOKEN: '' })
    expect(given).toEqual({ ...before, META_APP_SECRET: 'given-by-the-shell' })
    expect(readFileSync(join(folder.path, SETTINGS_FILE), 'utf8')).not.toContain('given-by-the-shell')
  })

  it('are made anew every time where nothing is kept', async () => {
    expect(await localSecrets(undefined, {})).not.toEqual(await localSecrets(undefined, {}))
  })

  it('fill up a file of an earlier version, and say what to do with a damaged one', async () => {
    const path = join(folder.path, SETTINGS_FILE)
    const { JWT_KEYS, ...older } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, string>
    writeFileSync(path, JSON.stringify(older))
    const filled = await localSecrets(folder.path, {})
    expect(filled).toMatchObject(older)
    expect(filled.JWT_KEYS).not.toBe(JWT_KEYS)
    writeFileSync(path, '{"JWT_KEYS":')
    await expect(localSecrets(folder.path, {})).rejects.toThrow(/damaged.*--fresh/)
  })
})

describe('local.settings.example.json', () => {
  it('names every app setting that func start needs, and no other', () => {
    const text = readFileSync(new URL('../../../local.settings.example.json', import.meta.url), 'utf8')
    const { Values } = JSON.parse(text) as { Values: Record<string, string> }
    // Managed identities exist in Azure only.
    const local = SETTING_NAMES.filter((name) => name !== 'STORAGE_ACCOUNT_NAME' && name !== 'AZURE_CLIENT_ID')
    const hosts = ['FUNCTIONS_WORKER_RUNTIME', 'FUNCTIONS_REQUEST_BODY_SIZE_LIMIT']
    expect(Object.keys(Values).sort()).toEqual([...local, ...hosts].sort())
  })
})
