/** Storage, Cosmos DB and a functions host in which nothing takes messages out of the queues. */
import { join } from 'node:path'
import { startAzurite } from '../../local/azurite/azurite.ts'
import { startChild } from '../../local/process/child.ts'
import { readMetrics } from '../../local/stack/measure.ts'
import { REPOSITORY, startCosmos, STORAGE_ACCOUNT } from '../../local/stack/parts.ts'
import { localSecrets } from '../../local/stack/settings.ts'
import { provision } from '../../shared/azure/provision.ts'
import { queueService } from '../../shared/azure/storage.ts'
import { loadConfig } from '../../shared/config.ts'

export interface BenchWorld {
  url: string
  secret: string
  /** So far: messages put into queues, and requests to Cosmos DB. */
  counts: () => Promise<{ puts: number; cosmosRequests: number }>
  emptyQueues: () => Promise<void>
  close(): Promise<void>
}

export async function aBenchWorld(): Promise<BenchWorld> {
  const secrets = await localSecrets(undefined, {})
  const azurite = await startAzurite({ accounts: { [STORAGE_ACCOUNT]: secrets.STORAGE_ACCOUNT_KEY } })
  const cosmos = await startCosmos(undefined, 0, secrets)
  const { META_APP_SECRET, META_VERIFY_TOKEN, JWT_KEYS, TOKEN_ENCRYPTION_KEY, COSMOS_KEY } = secrets
  const settings = {
    ...{ META_APP_SECRET, META_VERIFY_TOKEN, JWT_KEYS, TOKEN_ENCRYPTION_KEY, COSMOS_KEY },
    AzureWebJobsStorage: azurite.connectionString(STORAGE_ACCOUNT),
    COSMOS_ENDPOINT: cosmos.url,
    META_APP_ID: '1234567890',
  }
  const config = loadConfig(settings)
  await provision(config, new Date())
  const host = await startChild({
    part: 'The functions host',
    args: [
      join(REPOSITORY, 'local/functions-host/main.ts'),
      ...['--root', REPOSITORY, '--entry', 'bench/webhooks/entry.ts', '--port', '0'],
    ],
    env: settings,
    onLine: (line) => {
      if (line.includes('"level":"error"')) console.error(line.slice(0, 2000))
    },
  })
  return {
    // The host's own ready line.
    url: (JSON.parse(host.ready) as { url: string }).url,
    secret: META_APP_SECRET,
    async counts() {
      const { cosmos: counted, storage } = await readMetrics(cosmos.url, azurite)
      return { puts: storage?.queueByMethod['POST'] ?? 0, cosmosRequests: counted?.requests ?? 0 }
    },
    async emptyQueues() {
      await queueService(config).getQueueClient('webhook-statuses').clearMessages()
    },
    async close() {
      await host.stop()
      await Promise.all([azurite.stop(), cosmos.child.stop()])
    },
  }
}
