/** Starts Azurite and the Cosmos DB emulator once for the whole test run; each test world gets its own account and database. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { startAzurite } from '../../local/azurite/azurite.ts'
import { startChild } from '../../local/process/child.ts'
import { COMPILE_CACHE } from '../../local/process/compile-cache.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    azurite: { ports: { blob: number; queue: number; table: number }; key: string }
    cosmos: { endpoint: string; key: string }
    /** A folder with an entry for each account that has a world. */
    takenAccounts: string
  }
}

/** Azurite takes its accounts at start: more than a run makes worlds. */
export const ACCOUNTS = 2000

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  // For the scripts and parts that tests start.
  process.env['NODE_COMPILE_CACHE'] ??= COMPILE_CACHE
  const key = randomBytes(12).toString('base64')
  const accounts = Object.fromEntries(Array.from({ length: ACCOUNTS }, (_, index) => [accountName(index), key]))
  const cosmosKey = randomBytes(64).toString('base64')
  const [azurite, cosmos] = await Promise.all([
    startAzurite({ accounts }),
    startChild({
      part: 'Cosmos DB emulator',
      args: ['local/cosmos-emulator/main.ts', '--port', '0'],
      env: { COSMOS_KEY: cosmosKey },
    }),
  ])
  // The ready line is the emulator's own.
  const { url } = JSON.parse(cosmos.ready) as { url: string }
  project.provide('azurite', { ports: azurite.ports, key })
  project.provide('cosmos', {
    endpoint: process.env['COSMOS_ENDPOINT'] ?? url,
    key: process.env['COSMOS_KEY'] ?? cosmosKey,
  })
  const takenAccounts = await mkdtemp(join(tmpdir(), 'herald-accounts-'))
  project.provide('takenAccounts', takenAccounts)
  return async () => {
    await Promise.all([azurite.stop(), cosmos.stop(), rm(takenAccounts, { recursive: true })])
  }
}

export function accountName(index: number): string {
  return `test${index}`
}
