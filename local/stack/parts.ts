/** Starts each part of the local world as a child process and reads what its ready line tells. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as z from 'zod'
import { startAzurite, type Azurite } from '../azurite/azurite.ts'
import { startChild, type Child } from '../process/child.ts'
import type { LocalSecrets } from './settings.ts'

export const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url))
export const STORAGE_ACCOUNT = 'herald'

/** Files and folders in the state folder, by part. */
export const STATE = { azurite: 'azurite', cosmos: 'cosmos.db', whatsapp: 'whatsapp.db' } as const

export type StateFolder = string | undefined

export interface CosmosPart {
  child: Child
  url: string
}

export interface WhatsappPart {
  child: Child
  url: string
  wabaId: string
  phoneNumberId: string
  accessToken: string
}

export interface HostPart {
  child: Child
  url: string
  port: number
}

export async function startStorage(
  folder: StateFolder,
  ports: { blob: number; queue: number; table: number },
  secrets: LocalSecrets,
): Promise<Azurite> {
  const location = folder === undefined ? undefined : join(folder, STATE.azurite)
  if (location !== undefined) await mkdir(location, { recursive: true })
  return startAzurite({
    ports,
    accounts: { [STORAGE_ACCOUNT]: secrets.STORAGE_ACCOUNT_KEY },
    ...(location === undefined ? {} : { location }),
  })
}

const CosmosReady = z.object({ url: z.string() })

export async function startCosmos(folder: StateFolder, port: number, secrets: LocalSecrets): Promise<CosmosPart> {
  const file = folder === undefined ? [] : ['--file', join(folder, STATE.cosmos)]
  const child = await startChild({
    part: 'The Cosmos DB emulator',
    args: [join(REPOSITORY, 'local/cosmos-emulator/main.ts'), '--port', String(port), ...file],
    env: { COSMOS_KEY: secrets.COSMOS_KEY },
  })
  return { child, url: CosmosReady.parse(JSON.parse(child.ready)).url }
}

export interface WhatsappOptions {
  port: number
  webhookUrl: string
  appId: string
  throughput?: 'STANDARD' | 'HIGH' | undefined
  seed?: number | undefined
}

const WhatsappReady = z.object({
  url: z.string(),
  waba_id: z.string(),
  phone_number_id: z.string(),
  access_token: z.string(),
})

export async function startWhatsapp(
  folder: StateFolder,
  options: WhatsappOptions,
  secrets: LocalSecrets,
): Promise<WhatsappPart> {
  const flags = {
    port: options.port,
    'webhook-url': options.webhookUrl,
    throughput: options.throughput,
    seed: options.seed,
    state: folder === undefined ? undefined : join(folder, STATE.whatsapp),
  }
  const given = Object.entries(flags).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, `${value}`]))
  const child = await startChild({
    part: 'The WhatsApp simulator',
    args: [join(REPOSITORY, 'local/whatsapp-simulator/main.ts'), ...given],
    env: {
      META_APP_ID: options.appId,
      META_APP_SECRET: secrets.META_APP_SECRET,
      META_VERIFY_TOKEN: secrets.META_VERIFY_TOKEN,
      SIMULATOR_ACCESS_TOKEN: secrets.SIMULATOR_ACCESS_TOKEN,
    },
  })
  const ready = WhatsappReady.parse(JSON.parse(child.ready))
  return {
    child,
    url: ready.url,
    wabaId: ready.waba_id,
    phoneNumberId: ready.phone_number_id,
    accessToken: ready.access_token,
  }
}

export interface HostOptions {
  /** functions/index.ts, or the bundle. */
  entry: string
  port: number
  environment: NodeJS.ProcessEnv
  queueLeaseSeconds: number | undefined
  onLine: (line: string) => void
}

const HostReady = z.object({ url: z.string() })

/** As in the cloud (infra/modules/function-app.bicep): an upload of 100 MB has a form around it. */
export const HOST_BODY_LIMIT_BYTES = 110 * 1024 * 1024

export async function startHost(options: HostOptions): Promise<HostPart> {
  const lease =
    options.queueLeaseSeconds === undefined ? [] : ['--queue-lease-seconds', String(options.queueLeaseSeconds)]
  const child = await startChild({
    part: 'The functions host',
    args: [
      join(REPOSITORY, 'local/functions-host/main.ts'),
      ...['--root', REPOSITORY, '--entry', options.entry, '--port', String(options.port)],
      ...lease,
    ],
    env: { FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: String(HOST_BODY_LIMIT_BYTES), ...options.environment },
    onLine: options.onLine,
  })
  const { url } = HostReady.parse(JSON.parse(child.ready))
  return { child, url, port: Number(new URL(url).port) }
}
