/** Azurite on disk, the Cosmos DB emulator and a functions host; and five workspaces with a number and a campaign each. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startAzurite, type Azurite } from '../../local/azurite/azurite.ts'
import { startChild } from '../../local/process/child.ts'
import { REPOSITORY, startCosmos, STORAGE_ACCOUNT } from '../../local/stack/parts.ts'
import { localSecrets } from '../../local/stack/settings.ts'
import { provision } from '../../shared/azure/provision.ts'
import { loadConfig, type Config } from '../../shared/config.ts'
import { createDeps } from '../../shared/create-deps.ts'
import type { Deps } from '../../shared/deps.ts'
import { newCampaignId, type WorkspaceId } from '../../shared/ids.ts'
import { createLog } from '../../shared/log.ts'
import { phoneNumberDirectory } from '../../shared/phone-numbers/directory.ts'
import { phoneNumberStore } from '../../shared/phone-numbers/store.ts'
import { aPhoneNumber, aWorkspaceId } from '../support/builders.ts'

/** A message that was being handled when storage went away is handled again after so long. */
const LEASE_SECONDS = 5

export interface Tenant {
  workspaceId: WorkspaceId
  metaId: string
  phoneNumberId: string
  campaignId: string
}

export interface ProofWorld {
  url: string
  secret: string
  config: Config
  deps: Deps
  tenants: Tenant[]
  stopStorage(): Promise<void>
  startStorage(): Promise<void>
  close(): Promise<void>
}

export async function aProofWorld(workspaces: number): Promise<ProofWorld> {
  const secrets = await localSecrets(undefined, {})
  const location = await mkdtemp(join(tmpdir(), 'herald-webhooks-'))
  const accounts = { [STORAGE_ACCOUNT]: secrets.STORAGE_ACCOUNT_KEY }
  let azurite: Azurite = await startAzurite({ location, accounts })
  const { ports } = azurite
  const cosmos = await startCosmos(undefined, 0, secrets)
  const settings = {
    AzureWebJobsStorage: azurite.connectionString(STORAGE_ACCOUNT),
    COSMOS_ENDPOINT: cosmos.url,
    COSMOS_KEY: secrets.COSMOS_KEY,
    META_GRAPH_URL: 'http://127.0.0.1:9',
    META_APP_ID: '1234567890',
    META_APP_SECRET: secrets.META_APP_SECRET,
    META_VERIFY_TOKEN: secrets.META_VERIFY_TOKEN,
    JWT_KEYS: secrets.JWT_KEYS,
    TOKEN_ENCRYPTION_KEY: secrets.TOKEN_ENCRYPTION_KEY,
    WEBHOOK_ARCHIVE: 'on',
  }
  const config = loadConfig(settings)
  await provision(config, new Date())
  const deps = createDeps(config, { log: createLog(() => undefined) })
  const tenants = await Promise.all(Array.from({ length: workspaces }, (_, at) => aTenant(deps, at)))
  const host = await startChild({
    part: 'The functions host',
    args: [
      join(REPOSITORY, 'local/functions-host/main.ts'),
      ...['--root', REPOSITORY, '--port', '0', '--queue-lease-seconds', String(LEASE_SECONDS)],
    ],
    env: settings,
  })
  return {
    // The host's own ready line.
    url: (JSON.parse(host.ready) as { url: string }).url,
    secret: secrets.META_APP_SECRET,
    config,
    deps,
    tenants,
    stopStorage: () => azurite.stop(),
    async startStorage() {
      azurite = await startAzurite({ location, accounts, ports })
    },
    async close() {
      await host.stop()
      await Promise.all([azurite.stop(), cosmos.child.stop(), deps.graph.close()])
      await rm(location, { recursive: true, force: true })
    },
  }
}

async function aTenant({ containers }: Deps, at: number): Promise<Tenant> {
  const workspaceId = aWorkspaceId()
  const metaId = String(106_540_000_000_100 + at)
  const number = aPhoneNumber(workspaceId, { meta_id: metaId, waba_id: String(102_290_000_000_100 + at) })
  const claim = { workspaceId, phoneNumberId: number.id, at: number.created_at }
  await phoneNumberDirectory(containers).claimNumber(metaId, claim)
  await phoneNumberStore(containers).create(number)
  return { workspaceId, metaId, phoneNumberId: number.id, campaignId: newCampaignId(workspaceId, new Date()) }
}
