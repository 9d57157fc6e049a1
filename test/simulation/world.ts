/** One simulated Herald: hosts that come and go, the stores and queues behind them, Meta, and a workspace with contacts. */
import { createHash } from 'node:crypto'
import { CONTAINERS, type ContainerName } from '../../shared/azure/resources.ts'
import type { Blobs } from '../../shared/azure/blobs.ts'
import { loadConfig, type Config } from '../../shared/config.ts'
import type { Deps } from '../../shared/deps.ts'
import { WorkspaceId } from '../../shared/ids.ts'
import { pacer } from '../../shared/pace/pacer.ts'
import { slotPool } from '../../shared/pace/slot-pool.ts'
import { ratePerSecond, type PhoneNumber } from '../../shared/phone-numbers/schema.ts'
import { numberOwners } from '../../shared/phone-numbers/owners.ts'
import { UNKEYED } from '../../shared/idempotency/once.ts'
import { factWriter } from '../../shared/recipients/fact-writer.ts'
import { gates } from '../../shared/recipients/gate.ts'
import { eventPublisher } from '../../shared/webhook-endpoints/publish.ts'
import { capped, drawChaos, fast, healed, type Chaos } from './chaos.ts'
import { HANDLERS } from './handlers.ts'
import { createHost, Unreachable, type Host, type Setting } from './host.ts'
import { createDocumentStore, simulatedContainer, type DocumentStore } from './ports/documents.ts'
import { simulatedGraph, type MetaSetting } from './ports/meta.ts'
import { createQueues, simulatedQueues, type Consumer, type QueueWorld } from './ports/queues.ts'
import { createTableStore, simulatedTable, type TableStore } from './ports/tables.ts'
import { seededRandom, type Random } from './random.ts'
import { createScheduler, type Scheduler } from './scheduler.ts'
import { createWatch, Violation, type Watch } from './watch.ts'

export interface SimulatedWorld extends Setting {
  scheduler: Scheduler
  random: Random
  workspaceId: WorkspaceId
  documents: DocumentStore
  facts: TableStore
  queues: QueueWorld
  watch: Watch
  number: Pick<PhoneNumber, 'is_coexistence' | 'throughput_level'>
  metaNumberId: string
  /** Deps whose calls are answered at once: for setting up and for looking. */
  direct: Deps
  /** A living host, chosen by chance. */
  consumer: () => Consumer | undefined
  heal: () => void
  fail: (error: unknown) => void
  failure: () => Error | undefined
  close: () => void
}

/** A Monday morning, far from the turn of a month. */
const START_MS = Date.UTC(2026, 4, 11, 9)
const META_NUMBER_ID = '106540000000001'

export function createWorld(seed: number, trace: (line: string) => void): SimulatedWorld {
  const random = seededRandom(seed)
  const scheduler = createScheduler(START_MS)
  let chaos: Chaos = drawChaos(random, START_MS)
  // By the seed alone: other worlds are drawn as they are without these lines.
  if (seed % 4 === 2) chaos = capped(chaos, 1 + ((seed >> 2) % 2))
  if (seed % 16 === 0) chaos = fast(chaos)
  let failure: Error | undefined
  const fail = (error: unknown): void => {
    failure ??= error instanceof Error ? error : new Error(String(error))
  }
  const setting: Setting = {
    scheduler,
    random,
    chaos: () => chaos,
    trace: (line) => trace(`${((scheduler.now() - START_MS) / 1000).toFixed(3).padStart(9)} ${line}`),
  }
  const isCoexistence = !chaos.isFast && (chaos.isCrowded || random.chance(0.7))
  const number = { is_coexistence: isCoexistence, throughput_level: chaos.isFast ? 'HIGH' : 'STANDARD' }
  const watch = guarded(createWatch({ now: scheduler.now, chaos, ratePerSecond: ratePerSecond(number) }), fail)
  const documents = createDocumentStore(scheduler.now, (container, document) => watch.written(container, document))
  const facts = createTableStore((rows) => watch.factsWritten(rows))
  const paces = createTableStore()
  const hosts: Consumer[] = []
  const consumer = (): Consumer | undefined => (hosts.length === 0 ? undefined : random.pick(hosts))
  const queues = createQueues({
    ...setting,
    handlers: HANDLERS,
    consumer,
    onFailure: (_queue, error) => judge(error, fail),
  })
  const config = simulatedConfig()
  const meta: MetaSetting = { ...setting, watch, queues, metaNumberId: META_NUMBER_ID, told: [] }
  const depsOf = (host: Host): Deps => hostDeps({ host, config, documents, facts, paces, queues, meta })
  let born = 0
  const start = (): void => {
    const host = createHost(`h${++born}`, setting, () => {
      hosts.splice(
        hosts.findIndex((entry) => entry.host === host),
        1,
      )
      scheduler.after(random.between(500, 15_000), start)
    })
    hosts.push({ host, deps: depsOf(host) })
  }
  for (let count = 0; count < chaos.hosts; count++) start()
  return {
    ...setting,
    // Ids are derived from it: the same seed has the same contacts in the same order.
    workspaceId: WorkspaceId.parse(uuidOf(`workspace ${seed}`)),
    documents,
    facts,
    queues,
    watch,
    number,
    metaNumberId: META_NUMBER_ID,
    direct: depsOf(directHost()),
    consumer,
    heal: () => {
      setting.trace('everything works from here on')
      chaos = healed(chaos)
    },
    fail,
    failure: () => failure,
    close: () => documents.close(),
  }
}

/** What goes wrong in a handler is one of the faults that were injected; anything else is a finding. */
export function judge(error: unknown, fail: (error: unknown) => void): void {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof Unreachable) return
    if ('code' in cause && cause.code === 'conflict') return
  }
  fail(error)
}

/** A violation in the middle of a host's call must not look to the host like a failed call. */
function guarded(watch: Watch, fail: (error: unknown) => void): Watch {
  return new Proxy(watch, {
    get:
      (target, name: keyof Watch) =>
      (...values: unknown[]): unknown => {
        try {
          // Every member of a watch is a function.
          return Reflect.apply(target[name] as () => unknown, target, values)
        } catch (error) {
          if (!(error instanceof Violation)) throw error
          fail(error)
          return undefined
        }
      },
  })
}

interface HostWorld {
  host: Host
  config: Config
  documents: DocumentStore
  facts: TableStore
  paces: TableStore
  queues: QueueWorld
  meta: MetaSetting
}

/** As create-deps.ts builds them, on simulated ports. What campaigns do not use is not there. */
function hostDeps({ host, config, documents, facts, paces, queues: queueWorld, meta }: HostWorld): Deps {
  const { scheduler, random } = meta
  const now = (): Date => new Date(scheduler.now())
  const names = Object.keys(CONTAINERS) as ContainerName[]
  // The keys of CONTAINERS are the names.
  const containers = Object.fromEntries(
    names.map((name) => [name, simulatedContainer(documents, name, host)]),
  ) as Deps['containers']
  const factsTable = (): ReturnType<Deps['factsTable']> => Promise.resolve(simulatedTable(facts, 'facts', host))
  const paceTable = simulatedTable(paces, 'pace', host)
  const blobs = simulatedBlobs(host)
  const backOff: Deps['backOff'] = (mostMs) => host.sleep(random.next() * mostMs)
  const queues = simulatedQueues(queueWorld, host)
  const pacing = pacer({ paceTable, now })
  const used: Partial<Deps> = {
    config,
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    telemetry: undefined,
    now,
    sleep: (ms) => host.sleep(ms),
    backOff,
    containers,
    queues,
    blobs,
    paceTable,
    factsTable,
    graph: simulatedGraph(meta, host),
    pacer: pacing,
    slots: slotPool({ pacer: pacing, now, sleep: (ms) => host.sleep(ms) }),
    facts: factWriter({ factsTable, backOff, now, sleep: (ms) => host.sleep(ms) }),
    gates: gates({ containers, config, blobs, now }),
    numberOwners: numberOwners({ containers, now }),
    events: eventPublisher({ containers, queues, now }),
    once: UNKEYED,
    contactCounts: { room: (_workspaceId, _limit, wanted) => Promise.resolve(wanted) },
    messageCounts: { add: () => Promise.resolve({ isAdded: true, total: 0 }), of: () => Promise.resolve(0) },
  }
  return new Proxy(used as Deps, {
    get: (target, name: keyof Deps) => {
      if (!(name in target)) throw new Error(`The simulation has no deps.${name}`)
      return target[name]
    },
  })
}

/** What cannot be used is parked: the simulation sends nothing of the kind, so a parked status is a finding. */
function simulatedBlobs(host: Host): Blobs {
  const blobs: Partial<Blobs> = {
    put: (container, name) =>
      host.call('blobs', `put ${container}`, {
        apply: () => {
          throw new Error(`Nothing should be parked: ${name}`)
        },
      }),
  }
  // Nothing else of them is used by campaigns.
  return blobs as Blobs
}

function directHost(): Host {
  return {
    name: 'direct',
    isDead: () => false,
    die: () => undefined,
    call: (_service, _label, { apply }) => Promise.resolve().then(apply),
    exchange: (_label, apply) => Promise.resolve(apply().answer),
    sleep: () => Promise.resolve(),
  }
}

function simulatedConfig(): Config {
  const key = Buffer.alloc(32, 7).toString('base64')
  return loadConfig({
    AzureWebJobsStorage: 'UseDevelopmentStorage=true',
    COSMOS_ENDPOINT: 'http://127.0.0.1:9',
    META_APP_ID: '1234567890',
    META_APP_SECRET: 'x'.repeat(16),
    META_VERIFY_TOKEN: 'x'.repeat(8),
    JWT_KEYS: `simulation:${key}`,
    TOKEN_ENCRYPTION_KEY: key,
  })
}

export function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
