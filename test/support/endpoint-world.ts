/**
 * A world with a workspace and a receiver, whose clock a test moves and whose queues of deliveries it holds in its
 * hands: it makes every attempt itself, when and how often it likes.
 */
import type { PublicEvent } from '../../shared/webhook-endpoints/publish.ts'
import { newUuid } from '../../shared/ids.ts'
import type { QueueName } from '../../shared/azure/resources.ts'
import type { Deps } from '../../shared/deps.ts'
import type { WorkspaceId } from '../../shared/ids.ts'
import type { QueueMessage, Queues } from '../../shared/queue/messages.ts'
import { deliverEvent, retryDelivery } from '../../shared/webhook-endpoints/deliver.ts'
import { findEndpoint, listDeliveries } from '../../shared/webhook-endpoints/find.ts'
import type { Delivery, WebhookEndpoint } from '../../shared/webhook-endpoints/schema.ts'
import { tellChanges } from '../../shared/webhook-endpoints/tell-changes.ts'
import { webhookSecretOf } from '../../shared/workspaces/webhook-secret.ts'
import { aReceiver, type Receiver } from './receiver.ts'
import { aTenant, type Tenant } from './tenants.ts'
import { anEndpoint } from './webhook-endpoints.ts'
import { aWorld, type World, type WorldOptions } from './world.ts'

interface Queued {
  queue: QueueName
  message: unknown
  /** When it becomes visible. */
  atMs: number
}

export type DeliveryMessage = QueueMessage<'endpoint-deliveries'>

export interface EndpointWorld {
  world: World
  deps: Deps
  acme: Tenant
  workspaceId: WorkspaceId
  secret: string
  receiver: Receiver
  endpoint: WebhookEndpoint
  queued: Queued[]
  moveClock(ms: number): void
  /** Handles what is visible by now until nothing is, in the order it became visible. Returns how much that was. */
  work(deps?: Deps): Promise<number>
  /** Moves the clock to when the next message becomes visible, and works. False if nothing is queued. */
  workLater(): Promise<boolean>
  handle(entry: Queued, deps?: Deps): Promise<void>
  /** The endpoint as it is now. */
  now(): Promise<WebhookEndpoint>
  deliveries(endpointId?: string): Promise<Delivery[]>
}

export interface EndpointWorlds {
  world: World
  /** A workspace with an endpoint, on stores that others share. */
  next(): Promise<EndpointWorld>
  close(): Promise<void>
}

export async function endpointWorlds(options: WorldOptions = {}): Promise<EndpointWorlds> {
  let nowMs = Date.UTC(2026, 5, 1, 12)
  const queued: Queued[] = []
  const queues: Queues = {
    send(queue, message, { delaySeconds = 0 } = {}) {
      queued.push({ queue, message, atMs: nowMs + delaySeconds * 1000 })
      return Promise.resolve()
    },
  }
  const world = await aWorld({ now: () => new Date(nowMs), queues, ...options })
  const receiver = await aReceiver()
  const clock = { now: () => nowMs, set: (ms: number) => void (nowMs = ms) }
  return {
    world,
    async next() {
      receiver.received.splice(0)
      receiver.answers(204)
      world.lines.splice(0)
      const acme = await aTenant(world)
      const endpoint = await anEndpoint(world.deps, acme.id, { url: receiver.url })
      queued.splice(0)
      const secret = (await webhookSecretOf(world.deps, acme.id)) ?? ''
      return {
        ...{ world, deps: world.deps, acme, workspaceId: acme.id, secret, receiver, endpoint, queued },
        ...handling(world.deps, queued, clock),
        ...asking(world.deps, acme.id, endpoint.id),
      }
    },
    async close() {
      await world.close()
      await receiver.close()
    },
  }
}

interface Clock {
  now(): number
  set(ms: number): void
}

function handling(deps: Deps, queued: Queued[], clock: Clock) {
  const take = (): Queued | undefined => {
    const [next] = queued.filter(({ atMs }) => atMs <= clock.now()).sort((a, b) => a.atMs - b.atMs)
    if (next) queued.splice(queued.indexOf(next), 1)
    return next
  }
  const work = async (given = deps): Promise<number> => {
    let count = 0
    for (let next = take(); next; next = take(), count++) await handle(given, next)
    return count
  }
  return {
    moveClock: (ms: number) => clock.set(clock.now() + ms),
    work,
    async workLater() {
      if (queued.length === 0) return false
      clock.set(Math.max(clock.now(), Math.min(...queued.map(({ atMs }) => atMs))))
      await work()
      return true
    },
    handle: (entry: Queued, given = deps) => handle(given, entry),
  }
}

function asking(deps: Deps, workspaceId: WorkspaceId, ownEndpointId: string) {
  return {
    now: () => findEndpoint(deps, workspaceId, ownEndpointId),
    async deliveries(endpointId = ownEndpointId) {
      return (await listDeliveries(deps, workspaceId, endpointId, { page: { limit: 100, offset: 0 } })).items
    },
  }
}

async function handle(deps: Deps, { queue, message }: Queued): Promise<void> {
  // Each queue carries its own messages.
  if (queue === 'endpoint-deliveries') await deliverEvent(deps, message as DeliveryMessage)
  if (queue === 'endpoint-retries') await retryDelivery(deps, message as DeliveryMessage)
  if (queue === 'endpoint-changes') await tellChanges(deps, message as QueueMessage<'endpoint-changes'>)
}

/** A message that came in, unless `changes` say otherwise. */
export function anEventOf({ deps }: EndpointWorld, changes: Partial<PublicEvent> = {}): PublicEvent {
  const data = { message_id: newUuid(), text: 'Grüße' }
  return { id: newUuid(), type: 'message.received', timestamp: deps.now().toISOString(), data, ...changes }
}

export async function publishIn({ deps, workspaceId }: EndpointWorld, event: PublicEvent): Promise<PublicEvent> {
  await deps.events.publish(workspaceId, [event])
  return event
}
