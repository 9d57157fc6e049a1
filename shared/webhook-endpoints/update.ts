/** Changes an endpoint: address, description, what it listens to, and whether anything is sent to it; each only if given. */
import type { Deps } from '../deps.ts'
import type { WorkspaceId } from '../ids.ts'
import { checkUrl, type NewEndpoint } from './create.ts'
import { endpointIn, findEndpoint } from './find.ts'
import type { WebhookEndpoint } from './schema.ts'
import { endpointStore } from './store.ts'

export type EndpointChange = Partial<{ [Name in keyof NewEndpoint]: NewEndpoint[Name] | undefined }> & {
  enabled?: boolean | undefined
}

export async function updateEndpoint(
  deps: Pick<Deps, 'containers' | 'endpointClient' | 'events' | 'now'>,
  workspaceId: WorkspaceId,
  endpointId: string,
  change: EndpointChange,
): Promise<WebhookEndpoint> {
  await findEndpoint(deps, workspaceId, endpointId)
  if (change.url !== undefined) await checkUrl(deps, change.url)
  let changed: WebhookEndpoint | undefined
  await endpointStore(deps.containers).change(workspaceId, (endpoints) => {
    const next = withChange(endpointIn(endpoints, endpointId), change, deps.now())
    changed = next
    return endpoints.map((endpoint) => (endpoint.id === endpointId ? next : endpoint))
  })
  deps.events.forget(workspaceId)
  return changed ?? findEndpoint(deps, workspaceId, endpointId)
}

function withChange(endpoint: WebhookEndpoint, change: EndpointChange, now: Date): WebhookEndpoint {
  const at = now.toISOString()
  const next = {
    ...endpoint,
    url: change.url ?? endpoint.url,
    description: change.description ?? endpoint.description,
    events: change.events === undefined ? endpoint.events : change.events,
    updated_at: at,
  }
  if (change.enabled === false)
    return { ...next, disabled: endpoint.disabled ?? { at, reason: 'Somebody disabled it' } }
  if (change.enabled !== true) return next
  // It gets its time anew.
  const { disabled: _disabled, failing_since: _failing, ...enabled } = next
  return enabled
}
