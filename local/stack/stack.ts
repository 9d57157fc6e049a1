/**
 * The whole world on one machine: Azurite, the Cosmos DB emulator, the WhatsApp simulator and one or more functions
 * hosts, as child processes of this one. Where the environment names a part (`AzureWebJobsStorage`, `COSMOS_ENDPOINT`,
 * `META_GRAPH_URL`) that one is used and none is started.
 */
import type { Azurite } from '../azurite/azurite.ts'
import type { Child } from '../process/child.ts'
import { readMetrics, type StackMetrics } from './measure.ts'
import { startHost, type HostPart, type WhatsappPart } from './parts.ts'
import { partWatch, type PartWatch } from './part-watch.ts'
import { startWorld, type WorldOptions } from './world.ts'

export interface StackOptions extends WorldOptions {
  /** What the hosts run: functions/index.ts, or the bundle. */
  entry?: string
  hosts?: number
  /** How long a message that a killed host held stays hidden; 600 seconds as in Azure. */
  queueLeaseSeconds?: number | undefined
  /** Each line a host logs. */
  onHostLine?: (line: string, host: number) => void
}

export interface Stack {
  /** The API: the first host. */
  url: string
  hosts: readonly Readonly<HostPart>[]
  /** Every app setting, as a host gets them. */
  settings: Readonly<Record<string, string>>
  /** Absent where the environment gave the part. */
  whatsapp: WhatsappPart | undefined
  cosmosUrl: string | undefined
  storagePorts: Azurite['ports'] | undefined
  /** Resolves with one sentence when a part ends that nobody stopped. */
  broken: Promise<string>
  metrics(): Promise<StackMetrics>
  /** SIGKILL, as a crash; resolves when the process is gone. */
  killHost(index: number): Promise<void>
  /** Starts a killed host again, on its port. */
  startHost(index: number): Promise<void>
  /** Hosts first, so that what they are doing is still recorded. Safe to call twice. */
  stop(): Promise<void>
}

export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const watch = partWatch()
  try {
    return await start(options, watch)
  } catch (error) {
    await watch.stopAll()
    throw error
  }
}

async function start(options: StackOptions, watch: PartWatch): Promise<Stack> {
  const world = await startWorld(options, watch)
  const hosts: HostPart[] = []
  const launch = async (index: number, port: number): Promise<HostPart> => {
    const part = await startHost({
      entry: options.entry ?? 'functions/index.ts',
      port,
      environment: { ...options.environment, ...world.settings },
      queueLeaseSeconds: options.queueLeaseSeconds,
      onLine: (line) => options.onHostLine?.(line, index),
    })
    watch.add('The functions host', part.child, 'first')
    hosts[index] = part
    return part
  }
  const first = await launch(0, world.port)
  await Promise.all(Array.from({ length: (options.hosts ?? 1) - 1 }, (_, more) => launch(more + 1, 0)))
  return {
    url: first.url,
    hosts,
    settings: world.settings,
    whatsapp: world.whatsapp,
    cosmosUrl: world.cosmos?.url,
    storagePorts: world.storage?.ports,
    broken: watch.broken,
    metrics: () => readMetrics(world.cosmos?.url, world.storage),
    killHost: (index) => kill(watch, hostAt(hosts, index).child),
    startHost: async (index) => {
      await launch(index, hostAt(hosts, index).port)
    },
    stop: watch.stopAll,
  }
}

async function kill(watch: PartWatch, child: Child): Promise<void> {
  watch.expectEnd(child)
  child.process.kill('SIGKILL')
  await child.ended
}

function hostAt(hosts: readonly HostPart[], index: number): HostPart {
  const host = hosts[index]
  if (!host) throw new RangeError(`There is no host ${index}`)
  return host
}
