/** Makes an endpoint of a workspace. Its address is judged now, and again with every delivery. */
import type { Deps } from '../deps.ts'
import { AppError, fieldProblem } from '../errors.ts'
import { derivedId, type WorkspaceId } from '../ids.ts'
import { webhookSecretOf } from '../workspaces/webhook-secret.ts'
import type { EventType } from './events.ts'
import { MOST_ENDPOINTS, type WebhookEndpoint } from './schema.ts'
import { endpointStore } from './store.ts'

export interface NewEndpoint {
  url: string
  description: string
  events: EventType[] | null
}

type CreateDeps = Pick<Deps, 'config' | 'containers' | 'endpointClient' | 'events' | 'log' | 'now' | 'once'>

export async function createEndpoint(
  deps: CreateDeps,
  workspaceId: WorkspaceId,
  given: NewEndpoint,
): Promise<WebhookEndpoint> {
  const store = endpointStore(deps.containers)
  const id = derivedId('other', workspaceId, deps.once.seed('endpoint'))
  const earlier = deps.once.isRepeat ? (await store.list(workspaceId)).find((one) => one.id === id) : undefined
  if (earlier) return earlier
  await checkUrl(deps, given.url)
  const at = deps.now().toISOString()
  const endpoint: WebhookEndpoint = { ...given, id, created_at: at, updated_at: at }
  await store.change(workspaceId, (endpoints) => {
    if (endpoints.some((one) => one.id === id)) return endpoints
    if (endpoints.length >= MOST_ENDPOINTS) {
      throw new AppError('webhook_endpoint_limit', `A workspace can have ${MOST_ENDPOINTS} endpoints at most`)
    }
    return [...endpoints, endpoint]
  })
  // A workspace that was deleted at this moment was cleared before this write, and is cleared once more much later.
  if ((await webhookSecretOf(deps, workspaceId)) === undefined) await store.removeAll(workspaceId)
  deps.events.forget(workspaceId)
  deps.log.info('endpoint.created', { workspace_id: workspaceId, endpoint_id: endpoint.id })
  return endpoint
}

/** Throws a 422 about `url`. */
export async function checkUrl({ endpointClient }: Pick<Deps, 'endpointClient'>, url: string): Promise<void> {
  const problem = await endpointClient.problemOf(url)
  if (problem !== undefined) throw fieldProblem(['body', 'url'], problem)
}
