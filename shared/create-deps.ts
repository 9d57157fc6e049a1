/** Builds Deps from the settings. Loaded on the first request, because the Azure SDKs are what makes a cold start slow. */
import { setTimeout as sleep } from 'node:timers/promises'
import { storageBlobs } from './azure/blobs.ts'
import { cosmosClient, documentContainer } from './azure/cosmos.ts'
import { credentialOf } from './azure/credential.ts'
import { keyVaultKey } from './azure/key-vault.ts'
import { monthlyTables } from './azure/monthly-tables.ts'
import { storeProbes } from './azure/probes.ts'
import { poisonDepths, storageQueues } from './azure/queues.ts'
import { CONTAINERS, TABLES, type ContainerName } from './azure/resources.ts'
import { blobService, queueService, tableClient } from './azure/storage.ts'
import { storageTable } from './azure/tables.ts'
import { authenticator } from './accounts/authenticate.ts'
import { identityProviders } from './accounts/providers/identity-providers.ts'
import type { Config } from './config.ts'
import { backOff } from './conflicts.ts'
import { contactCounts } from './contacts/counts.ts'
import { keyKeeper } from './crypto/key-keeper.ts'
import { passwordWorker } from './crypto/passwords.ts'
import type { Deps } from './deps.ts'
import { readiness } from './health/readiness.ts'
import { UNKEYED } from './idempotency/once.ts'
import { idempotencyRecords } from './idempotency/records.ts'
import { inFlight } from './in-flight.ts'
import { createLog, type Log } from './log.ts'
import { observedPacer } from './pace/observed-pacer.ts'
import { pacer } from './pace/pacer.ts'
import { pairLimit } from './pace/pair.ts'
import { slotPool } from './pace/slot-pool.ts'
import { numberOwners } from './phone-numbers/owners.ts'
import type { Queues } from './queue/messages.ts'
import { factWriter } from './recipients/fact-writer.ts'
import { gates } from './recipients/gate.ts'
import { webhookArchive } from './webhooks/archive.ts'
import { webhookIntake } from './webhooks/intake.ts'
import { numberSecrets } from './webhooks/number-secrets.ts'
import { sharedBuckets } from './throttle/buckets.ts'
import { storedTallies } from './throttle/tallies.ts'
import { endpointClient } from './webhook-endpoints/client.ts'
import { eventPublisher } from './webhook-endpoints/publish.ts'
import { watchWrites } from './webhook-endpoints/watch-writes.ts'
import type { Telemetry } from './telemetry/telemetry.ts'
import { countingCalls } from './whatsapp/count-calls.ts'
import { graphClient } from './whatsapp/graph.ts'
import { observedCalls } from './whatsapp/observed-calls.ts'
import { messageCounts } from './workspaces/message-counts.ts'
import { rateLimits } from './workspaces/rate-limits.ts'

export interface DepsOptions {
  log?: Log
  now?: () => Date
  queues?: Queues
  telemetry?: Telemetry | undefined
}

export function createDeps(config: Config, options: DepsOptions = {}): Deps {
  const { log = createLog(), now = () => new Date(), telemetry } = options
  const { queues = storageQueues(queueService(config), { now, telemetry }) } = options
  const database = cosmosClient(config, telemetry).database(config.cosmos.database)
  const stored = mapValues(CONTAINERS, (name) => documentContainer(database.container(name)))
  const { containers, events } = watched(stored, { queues, log, now })
  const paceTable = storageTable(tableClient(config, TABLES.pace, telemetry))
  const factsTable = monthlyTables(config, TABLES.facts, telemetry).open
  const throttleTables = monthlyTables(config, TABLES.throttle, telemetry)
  const blobs = storageBlobs(blobService(config, telemetry))
  const owners = numberOwners({ containers, now })
  return {
    config,
    log,
    telemetry,
    now,
    sleep,
    backOff,
    containers,
    keyKeeper: keyKeeper({ ...sealing(config), directory: stored.directory, log, now }),
    queues,
    poisonDepths: poisonDepths(queueService(config)),
    readiness: readiness({ probes: storeProbes(config, database), log, now }),
    blobs,
    uploadsToMeta: inFlight(),
    paceTable,
    factsTable,
    ...pacing({ paceTable, now, sleep }, telemetry),
    facts: factWriter({ factsTable, backOff, now, sleep }),
    gates: gates({ containers, config, blobs, now }),
    numberOwners: owners,
    numberSecrets: numberSecrets({ config, containers, numberOwners: owners, now }),
    webhookArchive: config.keepsWebhookBodies ? webhookArchive({ blobs, now }) : undefined,
    webhookIntake: webhookIntake({ queues, blobs, now, sleep }),
    events,
    endpointClient: endpointClient(config),
    graph: countingCalls(telemetry ? observedCalls(graphClient(config), telemetry) : graphClient(config), log),
    identityProviders: identityProviders({ config, now }),
    passwords: passwordWorker(),
    tallies: storedTallies({ tables: throttleTables, now }),
    pairLimit: pairLimit(sharedBuckets({ tables: throttleTables, now, log })),
    rateLimits: rateLimits({ containers, now, buckets: sharedBuckets({ tables: throttleTables, now, log }) }),
    messageCounts: messageCounts({ tables: monthlyTables(config, TABLES.usage, telemetry), now }),
    contactCounts: contactCounts({ containers, now }),
    idempotency: idempotencyRecords({ tables: monthlyTables(config, TABLES.idempotency, telemetry), config, now }),
    once: UNKEYED,
    authenticate: authenticator({ config, containers, now }),
  }
}

function pacing(given: Pick<Deps, 'paceTable' | 'now' | 'sleep'>, telemetry: Telemetry | undefined) {
  const unobserved = pacer(given)
  const observed = telemetry ? observedPacer(unobserved, telemetry) : unobserved
  return { pacer: observed, slots: slotPool({ ...given, pacer: observed }) }
}

/** The containers, whose writes are told to customers, and what tells them. */
function watched(stored: Deps['containers'], given: Pick<Deps, 'queues' | 'log' | 'now'>) {
  const events = eventPublisher({ ...given, containers: stored })
  const watching = { ...given, events }
  const containers = {
    ...stored,
    core: watchWrites(watching, 'core', stored.core),
    contacts: watchWrites(watching, 'contacts', stored.contacts),
  }
  return { containers, events }
}

function sealing(config: Config) {
  const { keyring, keyVaultKeyId: id } = config
  return { keyring, wrappingKey: id === undefined ? undefined : keyVaultKey(id, credentialOf(config)) }
}

function mapValues<Value>(names: Record<ContainerName, unknown>, make: (name: ContainerName) => Value) {
  // Object.keys of a record are its keys.
  const keys = Object.keys(names) as ContainerName[]
  return Object.fromEntries(keys.map((name) => [name, make(name)])) as Record<ContainerName, Value>
}
