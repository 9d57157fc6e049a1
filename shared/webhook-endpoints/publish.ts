/**
 * Tells a workspace's endpoints what happened. An event costs nothing where nobody listens: that is known from one point
 * read, kept for a moment. Where somebody does, the delivery is stored and queued before `publish` returns; doing so
 * again changes nothing.
 */
import type { Deps } from '../deps.ts'
import type { WorkspaceId } from '../ids.ts'
import { bodyOf, type EventType, type HappenedEvent } from './events.ts'
import { listensTo, newDelivery, type WebhookEndpoint } from './schema.ts'
import { deliveryStore, endpointStore } from './store.ts'

/** How long an endpoint may go without the events of other instances after it was made or changed. */
export const LISTENING_FRESH_MS = 15_000
const MOST_KEPT = 10_000
const AT_ONCE = 16

export type PublicEvent = HappenedEvent & { type: EventType }

export interface Events {
  /** Returns once every delivery is stored and queued. */
  publish(workspaceId: WorkspaceId, events: readonly PublicEvent[]): Promise<void>
  /** Whether any endpoint listens to such events, as it was a moment ago. */
  isListening(workspaceId: WorkspaceId, type: EventType): Promise<boolean>
  /** The next question about this workspace asks the store. */
  forget(workspaceId: WorkspaceId): void
}

export function eventPublisher(deps: Pick<Deps, 'containers' | 'queues' | 'now'>): Events {
  const endpointsOf = rememberedEndpoints(deps)
  return {
    async publish(workspaceId, events) {
      if (events.length === 0) return
      const endpoints = await endpointsOf.get(workspaceId)
      const wanted = events.flatMap((event) =>
        endpoints.filter((endpoint) => listensTo(endpoint, event.type)).map(({ id }) => ({ event, endpointId: id })),
      )
      for (let at = 0; at < wanted.length; at += AT_ONCE) {
        const turns = wanted.slice(at, at + AT_ONCE)
        await Promise.all(turns.map(({ event, endpointId }) => startDelivery(deps, workspaceId, endpointId, event)))
      }
    },
    async isListening(workspaceId, type) {
      return (await endpointsOf.get(workspaceId)).some((endpoint) => listensTo(endpoint, type))
    },
    forget: (workspaceId) => endpointsOf.forget(workspaceId),
  }
}

/** Stored before it is queued: what is queued twice finds what became of it. */
export async function startDelivery(
  { containers, queues, now }: Pick<Deps, 'containers' | 'queues' | 'now'>,
  workspaceId: WorkspaceId,
  endpointId: string,
  event: HappenedEvent,
): Promise<string> {
  const delivery = newDelivery(workspaceId, endpointId, { event, body: bodyOf(workspaceId, event), now: now() })
  await deliveryStore(containers).createOnce(delivery)
  const message = { workspace_id: workspaceId, endpoint_id: endpointId, delivery_id: delivery.id, attempt: 0 }
  await queues.send('endpoint-deliveries', message)
  return delivery.id
}

/** Callers at the same time share one read. */
function rememberedEndpoints({ containers, now }: Pick<Deps, 'containers' | 'now'>) {
  const store = endpointStore(containers)
  const known = new Map<WorkspaceId, { at: number; endpoints: Promise<WebhookEndpoint[]> }>()
  return {
    get(workspaceId: WorkspaceId): Promise<WebhookEndpoint[]> {
      const at = now().getTime()
      const entry = known.get(workspaceId)
      if (entry && at - entry.at < LISTENING_FRESH_MS) return entry.endpoints
      if (known.size > MOST_KEPT) known.clear()
      const endpoints = store.list(workspaceId)
      known.set(workspaceId, { at, endpoints })
      endpoints.catch(() => known.delete(workspaceId))
      return endpoints
    },
    forget: (workspaceId: WorkspaceId) => void known.delete(workspaceId),
  }
}
