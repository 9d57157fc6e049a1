/** Everything a verb may need, built once per process by `createDeps`. Verbs name the part they use with `Pick<Deps, …>`. */
import type { IdentityProviders } from './accounts/providers/identity-providers.ts'
import type { Blobs } from './azure/blobs.ts'
import type { DocumentContainer } from './azure/cosmos.ts'
import type { QueueDepth } from './azure/queues.ts'
import type { ContainerName } from './azure/resources.ts'
import type { Table } from './azure/tables.ts'
import type { Config } from './config.ts'
import type { BackOff } from './conflicts.ts'
import type { ContactCounts } from './contacts/counts.ts'
import type { KeyKeeper } from './crypto/key-keeper.ts'
import type { Passwords } from './crypto/passwords.ts'
import type { Readiness } from './health/readiness.ts'
import type { IncomingRequest } from './http/request.ts'
import type { Once } from './idempotency/once.ts'
import type { IdempotencyRecords } from './idempotency/records.ts'
import type { InFlight } from './in-flight.ts'
import type { Log } from './log.ts'
import type { KeptAtMeta } from './media/keep-at-meta.ts'
import type { Pacer } from './pace/pacer.ts'
import type { PairLimit } from './pace/pair.ts'
import type { SlotPool } from './pace/slot-pool.ts'
import type { NumberOwners } from './phone-numbers/owners.ts'
import type { Queues } from './queue/messages.ts'
import type { FactWriter } from './recipients/fact-writer.ts'
import type { Gates } from './recipients/gate.ts'
import type { Telemetry } from './telemetry/telemetry.ts'
import type { Tallies } from './throttle/tallies.ts'
import type { EndpointClient } from './webhook-endpoints/client.ts'
import type { Events } from './webhook-endpoints/publish.ts'
import type { WebhookArchive } from './webhooks/archive.ts'
import type { WebhookIntake } from './webhooks/intake.ts'
import type { NumberSecrets } from './webhooks/number-secrets.ts'
import type { GraphClient } from './whatsapp/graph.ts'
import type { Caller } from './workspaces/membership.ts'
import type { MessageCounts } from './workspaces/message-counts.ts'
import type { RateLimits } from './workspaces/rate-limits.ts'

export interface Deps {
  config: Config
  log: Log
  /** Absent where telemetry is off. */
  telemetry?: Telemetry | undefined
  now: () => Date
  sleep: (ms: number) => Promise<void>
  /** The wait between two attempts of a write that others make too. */
  backOff: BackOff
  /** Raw containers, for the stores only. */
  containers: Record<ContainerName, DocumentContainer>
  /** Keeps `config.keyring` as Key Vault has it. */
  keyKeeper: KeyKeeper
  queues: Queues
  /** What the Functions host gave up on. */
  poisonDepths: () => Promise<QueueDepth[]>
  /** Whether the stores answer. */
  readiness: Readiness
  blobs: Blobs
  /** Files that this process gives to Meta right now. */
  uploadsToMeta: InFlight<KeptAtMeta>
  paceTable: Table
  /** The facts of campaigns made in that month (`yyyymm`); created where missing. */
  factsTable: (month: string) => Promise<Table>
  graph: GraphClient
  pacer: Pacer
  /** The send slots of each number that this process holds. */
  slots: SlotPool
  facts: FactWriter
  gates: Gates
  numberOwners: NumberOwners
  webhookIntake: WebhookIntake
  /** Undefined where raw bodies are not kept. */
  webhookArchive: WebhookArchive | undefined
  /** The app secrets of numbers that have their own. */
  numberSecrets: NumberSecrets
  /** Tells the workspaces' own endpoints what happened. */
  events: Events
  endpointClient: EndpointClient
  /** Google and GitHub, as far as they are set up. */
  identityProviders: IdentityProviders
  /** Hashes and checks passwords, off the main thread. */
  passwords: Passwords
  /** Counts of attempts, shared by all instances. */
  tallies: Tallies
  pairLimit: PairLimit
  /** How many requests callers and workspaces may send. */
  rateLimits: RateLimits
  /** What workspaces use of their plans. */
  messageCounts: MessageCounts
  contactCounts: ContactCounts
  /** Requests with an Idempotency-Key, shared by all instances. */
  idempotency: IdempotencyRecords
  /** Of the request that is answered: how what it makes is made once. */
  once: Once
  /** The verified caller. Throws `unauthorized` without a good credential. */
  authenticate: (request: IncomingRequest) => Promise<Caller>
}
