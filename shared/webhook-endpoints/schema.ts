/** Webhook endpoints and deliveries as stored, and how long either may fail. */
import * as z from 'zod'
import { derivedId, WorkspaceId } from '../ids.ts'
import { EventType, SentEventType, type HappenedEvent } from './events.ts'

export const MOST_ENDPOINTS = 10

/** An endpoint to which nothing could be delivered for so long is disabled with the next delivery that is given up. */
export const FAILING_TOO_LONG_MS = 3 * 86_400_000

/** An address of a customer's that is told about events of its workspace. */
export const WebhookEndpoint = z.object({
  id: z.uuid(),
  url: z.string(),
  description: z.string(),
  /** Which events; null: all, also those that are added later. */
  events: z.array(EventType).nullable(),
  /** Why nothing is sent to it, in words for a person, and since when. */
  disabled: z.object({ at: z.string(), reason: z.string() }).optional(),
  /** When the first attempt failed after which none succeeded. */
  failing_since: z.string().optional(),
  created_at: z.string(),
  updated_at: z.string(),
})
export type WebhookEndpoint = z.output<typeof WebhookEndpoint>

/**
 * In `core`: all endpoints of a workspace in one document, so that one point read tells who listens to what, and their
 * number is bounded by construction.
 */
export const EndpointList = z.object({
  id: z.string(),
  workspace_id: WorkspaceId,
  type: z.literal('webhook_endpoints'),
  v: z.literal(1),
  endpoints: z.array(WebhookEndpoint),
})
export type EndpointList = z.output<typeof EndpointList>

export function endpointListId(workspaceId: WorkspaceId): string {
  return derivedId('other', workspaceId, 'webhook_endpoints')
}

export function listensTo({ events, disabled }: WebhookEndpoint, type: EventType): boolean {
  return disabled === undefined && (events === null || events.includes(type))
}

export const DeliveryStatus = z.enum(['pending', 'delivered', 'failed']).meta({ id: 'WebhookDeliveryStatus' })
export type DeliveryStatus = z.output<typeof DeliveryStatus>

/** Days after its last change that a delivery is kept: much longer than it is tried. */
const KEPT_DAYS = 14

/** In `deliveries`: one event for one endpoint, and what came of it. */
export const Delivery = z.object({
  id: z.string(),
  /** Workspace and endpoint: see `deliveryPartition`. */
  pk: z.string(),
  type: z.literal('delivery'),
  v: z.literal(1),
  workspace_id: WorkspaceId,
  endpoint_id: z.string(),
  event_id: z.string(),
  event_type: SentEventType,
  /** What is sent, byte for byte. */
  body: z.string(),
  status: DeliveryStatus,
  /** Attempts made so far. */
  attempts: z.int(),
  /** How many of them were made before a person last asked for another delivery: the schedule begins anew there. */
  attempts_before: z.int(),
  next_attempt_at: z.string().nullable(),
  last_attempt_at: z.string().nullable(),
  /** What the endpoint answered last; null if there was no answer. */
  last_status_code: z.int().nullable(),
  /** In words for a person; null after a success. */
  last_error: z.string().nullable(),
  created_at: z.string(),
  updated_at: z.string(),
  ttl: z.int(),
})
export type Delivery = z.output<typeof Delivery>

export function deliveryPartition(workspaceId: WorkspaceId, endpointId: string): string {
  return `${workspaceId}_${endpointId}`
}

/** One delivery of an event to an endpoint, by construction. */
export function newDelivery(
  workspaceId: WorkspaceId,
  endpointId: string,
  { event, body, now }: { event: HappenedEvent; body: string; now: Date },
): Delivery {
  const at = now.toISOString()
  return {
    id: derivedId('other', workspaceId, `delivery\n${endpointId}\n${event.id}`),
    pk: deliveryPartition(workspaceId, endpointId),
    type: 'delivery',
    v: 1,
    workspace_id: workspaceId,
    endpoint_id: endpointId,
    event_id: event.id,
    event_type: event.type,
    body,
    status: 'pending',
    attempts: 0,
    attempts_before: 0,
    next_attempt_at: at,
    last_attempt_at: null,
    last_status_code: null,
    last_error: null,
    created_at: at,
    updated_at: at,
    ttl: KEPT_DAYS * 86_400,
  }
}
