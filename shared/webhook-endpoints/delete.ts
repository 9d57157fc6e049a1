/** Removes endpoints. What was on its way to them is not sent any more. */
import type { Deps } from '../deps.ts'
import type { WorkspaceId } from '../ids.ts'
import { endpointIn } from './find.ts'
import { endpointStore } from './store.ts'

type DeleteDeps = Pick<Deps, 'containers' | 'events'>

export async function deleteEndpoint(deps: DeleteDeps, workspaceId: WorkspaceId, endpointId: string): Promise<void> {
  await endpointStore(deps.containers).change(workspaceId, (endpoints) => {
    const gone = endpointIn(endpoints, endpointId)
    return endpoints.filter((endpoint) => endpoint !== gone)
  })
  deps.events.forget(workspaceId)
}

/** All of a workspace that was deleted. Safe to run again. */
export async function removeEndpoints(deps: DeleteDeps, workspaceId: WorkspaceId): Promise<void> {
  await endpointStore(deps.containers).removeAll(workspaceId)
  deps.events.forget(workspaceId)
}
