/**
 * The secrets of the local world: made at random when it first starts and kept in its state folder, readable by their
 * owner only. What the environment gives wins, and is not written down.
 */
import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'

const text = z.string().min(1)
const LocalSecrets = z.object({
  JWT_KEYS: text,
  TOKEN_ENCRYPTION_KEY: text,
  META_APP_SECRET: text,
  META_VERIFY_TOKEN: text,
  COSMOS_KEY: text,
  STORAGE_ACCOUNT_KEY: text,
  SIMULATOR_ACCESS_TOKEN: text,
})
export type LocalSecrets = z.output<typeof LocalSecrets>

export const SETTINGS_FILE = 'settings.json'

/** Absent folder: secrets for this time only. */
export async function localSecrets(folder: string | undefined, environment: NodeJS.ProcessEnv): Promise<LocalSecrets> {
  const kept = folder === undefined ? {} : await readKept(join(folder, SETTINGS_FILE))
  const all = { ...freshSecrets(), ...kept }
  if (folder !== undefined && Object.keys(kept).length < Object.keys(all).length) {
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, SETTINGS_FILE), `${JSON.stringify(all, null, 2)}\n`, { mode: 0o600 })
  }
  return { ...all, ...givenIn(environment) }
}

async function readKept(path: string): Promise<Partial<LocalSecrets>> {
  let content: string
  try {
    content = await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {}
    throw error
  }
  try {
    // A key that is undefined and one that is absent are the same after JSON.
    return LocalSecrets.partial().parse(JSON.parse(content)) as Partial<LocalSecrets>
  } catch (cause) {
    throw new Error(`${path} is damaged. Mend it, or forget all local state with --fresh.`, { cause })
  }
}

function freshSecrets(): LocalSecrets {
  return {
    JWT_KEYS: `local:${base64Key(32)}`,
    TOKEN_ENCRYPTION_KEY: base64Key(32),
    META_APP_SECRET: randomBytes(16).toString('hex'),
    META_VERIFY_TOKEN: randomBytes(16).toString('hex'),
    COSMOS_KEY: base64Key(64),
    STORAGE_ACCOUNT_KEY: base64Key(64),
    SIMULATOR_ACCESS_TOKEN: `EAA${randomBytes(48).toString('base64url')}`,
  }
}

function base64Key(bytes: number): string {
  return randomBytes(bytes).toString('base64')
}

function givenIn(environment: NodeJS.ProcessEnv): Partial<LocalSecrets> {
  const names = LocalSecrets.keyof().options
  const given = names.flatMap((name) => {
    const value = environment[name]
    return value === undefined || value === '' ? [] : [[name, value] as const]
  })
  return Object.fromEntries(given)
}
