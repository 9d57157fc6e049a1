/**
 * One attempt to deliver an event: a queue message each. What failed is queued again before it is recorded, so that a
 * crash in between makes another attempt and never none. Endpoints in trouble have a queue of their own, so that
 * waiting for one of them holds up nobody else's events.
 */
import { retryingConflicts } from '../conflicts.ts'
import type { Deps } from '../deps.ts'
import type { QueueMessage } from '../queue/messages.ts'
import { webhookSecretOf } from '../workspaces/webhook-secret.ts'
import type { Attempt } from './client.ts'
import { noteFailure, noteSuccess } from './health.ts'
import { retryDelaySeconds } from './schedule.ts'
import type { Delivery, WebhookEndpoint } from './schema.ts'
import { signatureHeaders } from './signature.ts'
import { deliveryStore, endpointStore } from './store.ts'

export type DeliverDeps = Pick<Deps, 'config' | 'containers' | 'endpointClient' | 'events' | 'log' | 'now' | 'queues'>
type Message = QueueMessage<'endpoint-deliveries'>

interface Due {
  delivery: Delivery
  endpoint: WebhookEndpoint
  secret: string
}

/** For endpoints that work, as far as is known. */
export async function deliverEvent(deps: DeliverDeps, message: Message): Promise<void> {
  const due = await findDue(deps, message)
  if (!due) return
  if (due.endpoint.failing_since === undefined) await attempt(deps, due, message)
  else await deps.queues.send('endpoint-retries', message)
}

/** For those in trouble. */
export async function retryDelivery(deps: DeliverDeps, message: Message): Promise<void> {
  const due = await findDue(deps, message)
  if (due) await attempt(deps, due, message)
}

/** Undefined if there is nothing to do any more: it was done, or endpoint or workspace are gone. */
async function findDue(deps: DeliverDeps, message: Message): Promise<Due | undefined> {
  const { workspace_id, endpoint_id, delivery_id } = message
  const stored = await deliveryStore(deps.containers).find(workspace_id, endpoint_id, delivery_id)
  if (!stored || !isDue(stored.value, message)) return undefined
  const [endpoints, secret] = await Promise.all([
    endpointStore(deps.containers).list(workspace_id),
    webhookSecretOf(deps, workspace_id),
  ])
  const endpoint = endpoints.find(({ id }) => id === endpoint_id)
  if (!endpoint || secret === undefined) return undefined
  if (endpoint.disabled === undefined) return { delivery: stored.value, endpoint, secret }
  if (stored.value.status === 'pending') {
    await record(deps, stored.value, (current) => ({ ...current, ...GIVEN_UP, last_error: 'The endpoint is disabled' }))
  }
  return undefined
}

/** What an earlier attempt left in a queue does nothing. */
function isDue({ attempts, status }: Delivery, { attempt, again }: Message): boolean {
  return attempt >= attempts && (again === true || status === 'pending')
}

async function attempt(deps: DeliverDeps, { delivery, endpoint, secret }: Due, message: Message): Promise<void> {
  const now = deps.now()
  const { event_id, body } = delivery
  const headers = signatureHeaders(secret, { id: event_id, timestamp: Math.floor(now.getTime() / 1000), body })
  const result = await deps.endpointClient.post(endpoint.url, headers, body)
  const made = { ...delivery, ...recordOf(delivery, result, now) }
  if (message.again === true) made.attempts_before = delivery.attempts
  if (result.kind === 'delivered') {
    await record(deps, delivery, () => ({ ...made, status: 'delivered', next_attempt_at: null }))
    await noteSuccess(deps, delivery.workspace_id, endpoint)
  } else {
    await failed(deps, delivery, made, result)
  }
}

function recordOf({ attempts }: Delivery, result: Attempt, now: Date): Partial<Delivery> {
  const at = now.toISOString()
  return {
    attempts: attempts + 1,
    last_attempt_at: at,
    last_status_code: result.statusCode,
    last_error: result.kind === 'failed' ? result.reason : null,
    updated_at: at,
  }
}

const GIVEN_UP = { status: 'failed', next_attempt_at: null } as const
const GONE = 410

async function failed(
  deps: DeliverDeps,
  before: Delivery,
  made: Delivery,
  { statusCode, reason }: Extract<Attempt, { kind: 'failed' }>,
): Promise<void> {
  const { workspace_id, endpoint_id, id: delivery_id, attempts } = made
  const isGone = statusCode === GONE
  const delaySeconds = isGone ? undefined : retryDelaySeconds(attempts - made.attempts_before, Math.random())
  deps.log.warn('endpoint.attempt_failed', { workspace_id, endpoint_id, delivery_id, attempts, reason })
  if (delaySeconds !== undefined) {
    const next = { workspace_id, endpoint_id, delivery_id, attempt: attempts }
    await deps.queues.send('endpoint-retries', next, { delaySeconds })
  }
  // Before the delivery's own record: what comes after that is not repeated.
  await noteFailure(deps, workspace_id, endpoint_id, { isGone, isGivenUp: delaySeconds === undefined })
  const nextAt = new Date(deps.now().getTime() + (delaySeconds ?? 0) * 1000).toISOString()
  await record(deps, before, () =>
    delaySeconds === undefined ? { ...made, ...GIVEN_UP } : { ...made, status: 'pending', next_attempt_at: nextAt },
  )
}

/** Over the version that was attempted. Where another run was there first its word stands, unless only we got through. */
async function record(deps: DeliverDeps, before: Delivery, next: (current: Delivery) => Delivery): Promise<void> {
  const store = deliveryStore(deps.containers)
  await retryingConflicts(async () => {
    const stored = await store.find(before.workspace_id, before.endpoint_id, before.id)
    if (!stored) return
    const { value: current } = stored
    const decided = next(current)
    const isMine = current.attempts === before.attempts
    if (!isMine && (decided.status !== 'delivered' || current.status === 'delivered')) return
    await store.replace(stored, { ...decided, attempts: Math.max(decided.attempts, current.attempts) })
  })
}
