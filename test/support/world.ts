/** A fresh world for a test: real Deps on a database and a storage account that no other test sees. */
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, inject } from 'vitest'
import { CosmosClient } from '@azure/cosmos'
import { provision } from '../../shared/azure/provision.ts'
import { loadConfig, type Config } from '../../shared/config.ts'
import { createDeps } from '../../shared/create-deps.ts'
import type { Deps } from '../../shared/deps.ts'
import { createLog } from '../../shared/log.ts'
import type { Queues } from '../../shared/queue/messages.ts'
import { ACCOUNTS, accountName } from './global-setup.ts'

export interface WorldOptions {
  /** Graph API address, usually a simulator's. */
  graphUrl?: string
  appSecret?: string
  now?: () => Date
  env?: Record<string, string>
  queues?: Queues
}

export interface World {
  deps: Deps
  config: Config
  /** The settings a child process needs to join this world. */
  env: Record<string, string>
  /** Everything logged, parsed. */
  lines: Record<string, unknown>[]
  close(): Promise<void>
}

/** The first account that may be free. */
let next = 0

export async function aWorld(options: WorldOptions = {}): Promise<World> {
  const env = { ...worldSettings(options), ...options.env }
  const config = loadConfig(env)
  const now = options.now ?? (() => new Date())
  await provision(config, now())
  const lines: Record<string, unknown>[] = []
  const log = createLog((line) => lines.push(JSON.parse(line) as Record<string, unknown>))
  const deps = createDeps(config, { log, now, ...(options.queues ? { queues: options.queues } : {}) })
  return {
    deps,
    config,
    env,
    lines,
    async close() {
      await deps.graph.close()
      await new CosmosClient({ endpoint: config.cosmos.endpoint, key: config.cosmos.key ?? '' })
        .database(config.cosmos.database)
        .delete()
      // An endpoint names every error code it can answer with: see shared/http/possible-errors.ts.
      expect(lines.filter(({ event }) => event === 'http.undeclared_error')).toEqual([])
    },
  }
}

function worldSettings(options: WorldOptions): Record<string, string> {
  const { ports, key } = inject('azurite')
  const cosmos = inject('cosmos')
  const account = anUnusedAccount()
  const endpoint = (port: number) => `http://127.0.0.1:${port}/${account}`
  return {
    AzureWebJobsStorage:
      `DefaultEndpointsProtocol=http;AccountName=${account};AccountKey=${key};BlobEndpoint=${endpoint(ports.blob)};` +
      `QueueEndpoint=${endpoint(ports.queue)};TableEndpoint=${endpoint(ports.table)}`,
    COSMOS_ENDPOINT: cosmos.endpoint,
    COSMOS_KEY: cosmos.key,
    COSMOS_DATABASE: `test-${randomUUID()}`,
    META_GRAPH_URL: options.graphUrl ?? 'http://127.0.0.1:9',
    META_APP_ID: '1234567890',
    // Receivers of the tests' own are on this machine.
    WEBHOOK_PRIVATE_TARGETS: 'allow',
    META_APP_SECRET: options.appSecret ?? randomBytes(16).toString('hex'),
    META_VERIFY_TOKEN: randomBytes(8).toString('hex'),
    JWT_KEYS: `test:${randomBytes(32).toString('base64')}`,
    TOKEN_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
  }
}

/** Workers of their own run the test files: what tells which accounts are taken is a folder that all of them see. */
function anUnusedAccount(): string {
  for (; next < ACCOUNTS; next++) {
    const account = accountName(next)
    try {
      mkdirSync(join(inject('takenAccounts'), account))
      return account
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  }
  throw new RangeError(`All ${ACCOUNTS} storage accounts of this run are taken: give it more in global-setup.ts`)
}
