/** How an endpoint fares: since when nothing gets through, and when it is disabled. Writes only where that changes. */
import type { Deps } from '../deps.ts'
import type { WorkspaceId } from '../ids.ts'
import { FAILING_TOO_LONG_MS, type WebhookEndpoint } from './schema.ts'
import { endpointStore } from './store.ts'

type HealthDeps = Pick<Deps, 'containers' | 'events' | 'log' | 'now'>

/** `endpoint` as it was read before the attempt. */
export async function noteSuccess(
  deps: HealthDeps,
  workspaceId: WorkspaceId,
  endpoint: WebhookEndpoint,
): Promise<void> {
  if (endpoint.failing_since === undefined) return
  await changing(deps, workspaceId, endpoint.id, (current) => {
    const { failing_since, ...working } = current
    return failing_since === undefined ? current : working
  })
}

export interface Failure {
  /** The endpoint said that it is there no more. */
  isGone: boolean
  /** The delivery is not tried again. */
  isGivenUp: boolean
}

export async function noteFailure(
  deps: HealthDeps,
  workspaceId: WorkspaceId,
  endpointId: string,
  failure: Failure,
): Promise<void> {
  const now = deps.now()
  await changing(deps, workspaceId, endpointId, (current) => {
    if (current.disabled !== undefined) return current
    const reason = whyDisabled(current, failure, now)
    if (reason === undefined && current.failing_since !== undefined) return current
    const at = now.toISOString()
    const failing = { ...current, failing_since: current.failing_since ?? at }
    if (reason === undefined) return failing
    deps.log.warn('endpoint.disabled', { workspace_id: workspaceId, endpoint_id: endpointId, reason })
    return { ...failing, disabled: { at, reason }, updated_at: at }
  })
}

/**
 * Only with a delivery that was tried for a day in vain: one that fails once in a while, long after the last event,
 * says nothing about the time in between.
 */
function whyDisabled({ failing_since }: WebhookEndpoint, { isGone, isGivenUp }: Failure, now: Date) {
  if (isGone) return 'The endpoint answered 410: it is there no more'
  if (!isGivenUp || failing_since === undefined) return undefined
  if (now.getTime() - Date.parse(failing_since) < FAILING_TOO_LONG_MS) return undefined
  return `Nothing could be delivered since ${failing_since}`
}

async function changing(
  deps: HealthDeps,
  workspaceId: WorkspaceId,
  endpointId: string,
  decide: (endpoint: WebhookEndpoint) => WebhookEndpoint,
): Promise<void> {
  await endpointStore(deps.containers).change(workspaceId, (endpoints) => {
    const next = endpoints.map((endpoint) => (endpoint.id === endpointId ? decide(endpoint) : endpoint))
    return next.every((endpoint, index) => endpoint === endpoints[index]) ? endpoints : next
  })
  deps.events.forget(workspaceId)
}
