/** Everything the functions hosts need: the other parts, the resources in them, and the settings that lead there. */
import type { Azurite } from '../azurite/azurite.ts'
import { freePort } from '../process/ports.ts'
import { loadConfig } from '../../shared/config.ts'
import type { PartWatch } from './part-watch.ts'
import {
  startCosmos,
  startStorage,
  startWhatsapp,
  STORAGE_ACCOUNT,
  type CosmosPart,
  type WhatsappPart,
} from './parts.ts'
import { localSecrets, type LocalSecrets } from './settings.ts'

export interface StackPorts {
  functions: number
  whatsapp: number
  cosmos: number
  blob: number
  queue: number
  table: number
}

export interface WorldOptions {
  /** Where everything is kept between starts; absent: nothing is. */
  stateFolder?: string | undefined
  /** 0 or absent: any free port. */
  ports?: Partial<StackPorts>
  /** Given parts and settings; this process's environment. */
  environment?: NodeJS.ProcessEnv
  /** App settings that win over everything else. */
  settings?: Record<string, string>
  whatsapp?: { throughput?: 'STANDARD' | 'HIGH'; seed?: number }
}

/** A part is absent where the environment gave it. */
export interface LocalWorld {
  /** Where the first host has to listen. */
  port: number
  storage: Azurite | undefined
  cosmos: CosmosPart | undefined
  whatsapp: WhatsappPart | undefined
  settings: Record<string, string>
}

const SIMULATED_APP_ID = '100000000000001'

export async function startWorld(options: WorldOptions, watch: PartWatch): Promise<LocalWorld> {
  const environment = options.environment ?? process.env
  const secrets = await localSecrets(options.stateFolder, environment)
  // Known before any host runs, because the simulator must be told where to send its webhooks.
  const port = options.ports?.functions || (await freePort())
  const parts = await startParts({ ...options, environment, secrets, apiPort: port }, watch)
  const settings = {
    ...settingsOf(environment, secrets, parts),
    PUBLIC_URL: given(environment, 'PUBLIC_URL') ?? `http://localhost:${port}`,
    ...options.settings,
  }
  // Imported here because the Azure SDKs take long to load, and nothing before needs them.
  const { provision } = await import('../../shared/azure/provision.ts')
  await provision(loadConfig({ ...environment, ...settings }), new Date())
  return { port, settings, ...parts }
}

interface Wanted extends WorldOptions {
  environment: NodeJS.ProcessEnv
  secrets: LocalSecrets
  apiPort: number
}

type Parts = Pick<LocalWorld, 'storage' | 'cosmos' | 'whatsapp'>

async function startParts(wanted: Wanted, watch: PartWatch): Promise<Parts> {
  const { environment, secrets, stateFolder, ports = {} } = wanted
  const storage = unlessGiven(environment, 'AzureWebJobsStorage', async () => {
    const { blob = 0, queue = 0, table = 0 } = ports
    const part = await startStorage(stateFolder, { blob, queue, table }, secrets)
    watch.add('Azurite', part.child)
    return part
  })
  const cosmos = unlessGiven(environment, 'COSMOS_ENDPOINT', async () => {
    const part = await startCosmos(stateFolder, ports.cosmos ?? 0, secrets)
    watch.add('The Cosmos DB emulator', part.child)
    return part
  })
  const whatsapp = unlessGiven(environment, 'META_GRAPH_URL', async () => {
    const webhookUrl = `http://127.0.0.1:${wanted.apiPort}/webhook`
    const appId = given(environment, 'META_APP_ID') ?? SIMULATED_APP_ID
    const where = { port: ports.whatsapp ?? 0, webhookUrl, appId }
    const part = await startWhatsapp(stateFolder, { ...where, ...wanted.whatsapp }, secrets)
    watch.add('The WhatsApp simulator', part.child)
    return part
  })
  // All settled before one failure is reported: then whatever did start is known and can be stopped.
  await Promise.allSettled([storage, cosmos, whatsapp])
  return { storage: await storage, cosmos: await cosmos, whatsapp: await whatsapp }
}

function settingsOf(environment: NodeJS.ProcessEnv, secrets: LocalSecrets, parts: Parts): Record<string, string> {
  return {
    META_APP_ID: given(environment, 'META_APP_ID') ?? SIMULATED_APP_ID,
    META_APP_SECRET: secrets.META_APP_SECRET,
    META_VERIFY_TOKEN: secrets.META_VERIFY_TOKEN,
    JWT_KEYS: secrets.JWT_KEYS,
    TOKEN_ENCRYPTION_KEY: secrets.TOKEN_ENCRYPTION_KEY,
    // Whoever develops a receiver has it on this machine.
    WEBHOOK_PRIVATE_TARGETS: given(environment, 'WEBHOOK_PRIVATE_TARGETS') ?? 'allow',
    ...(parts.whatsapp && { META_GRAPH_URL: parts.whatsapp.url }),
    ...(parts.storage && { AzureWebJobsStorage: parts.storage.connectionString(STORAGE_ACCOUNT) }),
    ...(parts.cosmos && { COSMOS_ENDPOINT: parts.cosmos.url, COSMOS_KEY: secrets.COSMOS_KEY }),
  }
}

async function unlessGiven<Part>(
  environment: NodeJS.ProcessEnv,
  setting: string,
  startPart: () => Promise<Part>,
): Promise<Part | undefined> {
  return given(environment, setting) === undefined ? startPart() : undefined
}

function given(environment: NodeJS.ProcessEnv, setting: string): string | undefined {
  const value = environment[setting]
  return value === '' ? undefined : value
}
