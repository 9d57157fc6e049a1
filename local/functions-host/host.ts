/**
 * The functions host for development and tests: runs our functions through the real `@azure/functions` library, with
 * HTTP, queue and timer triggers. One host per process (the library finds its core once for the process); for several
 * hosts on one stack start several processes.
 */
import { createHash } from 'node:crypto'
import { resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { BlobServiceClient } from '@azure/storage-blob'
import type { Binding, RegisteredFunction } from './core-types.ts'
import { readHostConfig, type HostConfig } from './host-config.ts'
import { defaultBodyLimit } from './http-body-limit.ts'
import { startHttpTrigger } from './http-trigger.ts'
import { loadApp } from './load-app.ts'
import { configureLog, errorFields, logEvent } from './log.ts'
import { prepareQueueTrigger } from './queue-trigger.ts'
import { functionsInNameOrder, registry } from './registry.ts'
import { buildRoutes, methodsOf, routeOf } from './routes.ts'
import { connectionString } from './settings.ts'
import { prepareTimer, startTimers } from './timer-trigger.ts'

export interface FunctionsHostOptions {
  /** The file that registers the functions, relative to `root`. */
  readonly entry: string
  /** The folder with host.json. */
  readonly root: string
  /** 0, the default, takes a free one. */
  readonly port?: number
  /** How long a fetched queue message stays hidden unless extended; 600 as in Azure. Shorter lets crash tests go on. */
  readonly queueLeaseSeconds?: number
  /** Accepted by functions whose authLevel is not anonymous; without it they always answer 401. */
  readonly functionKey?: string
  /** How long `close` waits for running invocations; 10 seconds. */
  readonly graceSeconds?: number
  /** Takes each log line; stdout by default. */
  readonly log?: (line: string) => void
}

export interface FunctionsHost {
  readonly url: string
  readonly functions: readonly FunctionSummary[]
  /** Takes no new work, waits for what runs, runs the appTerminate hooks. */
  close(): Promise<void>
}

export type FunctionSummary =
  | { readonly name: string; readonly trigger: 'http'; readonly route: string; readonly methods: readonly string[] }
  | { readonly name: string; readonly trigger: 'queue' | 'timer' }

export async function startFunctionsHost(options: FunctionsHostOptions): Promise<FunctionsHost> {
  if (registry.hasHost)
    throw new Error('This process already has a functions host; start another process for a second one')
  registry.hasHost = true
  const leaseSeconds = options.queueLeaseSeconds ?? 600
  if (leaseSeconds < 1 || leaseSeconds > 7 * 86_400) throw new Error('A queue lease lasts from 1 second to 7 days')
  const root = resolve(options.root)
  const config = await readHostConfig(root)
  configureLog({ write: options.log, minimumLevel: config.logging.logLevel.default })

  const app = await loadApp({ entry: options.entry, root })
  const functions = sortByTrigger(functionsInNameOrder())
  const routes = buildRoutes(functions.http, config.extensions.http.routePrefix)
  // Everything that can be wrong with a binding is found before the first trigger starts.
  const startOthers = prepareOtherTriggers(functions, { leaseSeconds, config, root })
  const http = await startHttpTrigger({
    routes,
    port: options.port ?? 0,
    bodyLimit: Number(process.env['FUNCTIONS_REQUEST_BODY_SIZE_LIMIT'] ?? defaultBodyLimit),
    functionKey: options.functionKey,
    streamServer: app.streamServer,
  })
  const triggers = [http, ...startOthers()]

  const close = async () => {
    const grace = (options.graceSeconds ?? 10) * 1000
    logEvent('information', 'host.stopping')
    const results = await Promise.all(triggers.map((trigger) => trigger.stop(grace)))
    if (results.includes(false)) logEvent('warning', 'host.stopped-in-the-middle', { grace_seconds: grace / 1000 })
    await runTerminateHooks()
    logEvent('information', 'host.stopped')
  }
  let closing: Promise<void> | undefined
  return {
    url: `http://127.0.0.1:${http.port}`,
    functions: functionsInNameOrder().map(summaryOf),
    close: () => (closing ??= close()),
  }
}

interface ByTrigger {
  readonly http: RegisteredFunction[]
  readonly queue: RegisteredFunction[]
  readonly timer: RegisteredFunction[]
}

function sortByTrigger(all: readonly RegisteredFunction[]): ByTrigger {
  const sorted: ByTrigger = { http: [], queue: [], timer: [] }
  for (const fn of all) {
    const kind = triggerKind(fn.trigger)
    if (!kind) throw new Error(`Function "${fn.metadata.name}": this host has no ${fn.trigger.type}`)
    const other = Object.values(fn.metadata.bindings).find(
      (binding) => binding !== fn.trigger && binding.type !== 'http',
    )
    if (other)
      throw new Error(`Function "${fn.metadata.name}": this host has no ${other.type} binding; use the SDK client`)
    sorted[kind].push(fn)
  }
  return sorted
}

function triggerKind({ type }: Binding): keyof ByTrigger | undefined {
  const kinds = { httptrigger: 'http', queuetrigger: 'queue', timertrigger: 'timer' } as const
  const name = type.toLowerCase()
  return name in kinds ? kinds[name as keyof typeof kinds] : undefined // `in` has just shown that it is a key
}

function summaryOf(fn: RegisteredFunction): FunctionSummary {
  const { name } = fn.metadata
  const trigger = triggerKind(fn.trigger) ?? 'http'
  return trigger === 'http' ? { name, trigger, route: routeOf(fn), methods: methodsOf(fn) } : { name, trigger }
}

interface Stoppable {
  stop(graceMilliseconds: number): Promise<boolean>
}

interface Setting {
  readonly leaseSeconds: number
  readonly config: HostConfig
  readonly root: string
}

function prepareOtherTriggers(functions: ByTrigger, { leaseSeconds, config, root }: Setting): () => Stoppable[] {
  const queueOptions = { config: config.extensions.queues, environment: process.env, leaseSeconds }
  const queues = functions.queue.map((fn) => prepareQueueTrigger(fn, queueOptions))
  const timers = functions.timer.map((fn) => prepareTimer(fn, process.env))
  const startAllTimers = () => {
    if (timers.length === 0) return []
    const service = BlobServiceClient.fromConnectionString(connectionString('AzureWebJobsStorage', process.env))
    // Hosts of the same app share this id; two apps on one account do not.
    const ownId = `local-${createHash('sha256').update(root).digest('hex').slice(0, 16)}`
    const hostId = process.env['AzureFunctionsWebHost__hostid'] ?? ownId
    return [startTimers(timers, service.getContainerClient('azure-webjobs-hosts'), hostId)]
  }
  if (timers.length > 0) connectionString('AzureWebJobsStorage', process.env)
  return () => [...queues.map((start) => start()), ...startAllTimers()]
}

const terminateSeconds = 5

/** Azure gives these hooks five seconds before it ends the process. */
async function runTerminateHooks(): Promise<void> {
  const context = { hookData: {}, appHookData: registry.appHookData }
  const run = async () => {
    for (const callback of registry.hooks.appTerminate) await callback(context)
    return true
  }
  try {
    const isDone = await Promise.race([run(), delay(terminateSeconds * 1000, false, { ref: false })])
    if (!isDone) logEvent('warning', 'host.terminate-hooks-cut', { after_seconds: terminateSeconds })
  } catch (error) {
    logEvent('error', 'host.terminate-hook-failed', errorFields(error))
  }
}
