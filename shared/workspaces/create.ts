/**
 * Makes a workspace with its owner. The owner's own membership comes last, because it is what makes the workspace
 * visible: whatever a crash leaves before it is seen and used by nobody, and asking again makes another.
 */
import { addMembership, checkRoom } from '../accounts/memberships.ts'
import type { Deps } from '../deps.ts'
import { WorkspaceId, newUuid } from '../ids.ts'
import { registerApiKey } from './api-key.ts'
import { personOf, type Caller } from './membership.ts'
import { memberId, slugOf, type Workspace, type WorkspacePlan } from './schema.ts'
import { sealSecret } from './secrets.ts'
import { workspaceStore } from './store.ts'

export async function createWorkspace(
  deps: Pick<Deps, 'config' | 'containers' | 'now'>,
  caller: Caller,
  { name, plan }: { name: string; plan: WorkspacePlan },
): Promise<Workspace> {
  const { config, containers, now } = deps
  const userId = personOf(caller)
  checkRoom(caller.memberships.length)
  const id = WorkspaceId.parse(newUuid())
  const at = now().toISOString()
  const apiKey = newUuid()
  const workspace: Workspace = {
    id,
    workspace_id: id,
    type: 'workspace',
    v: 1,
    name,
    slug: slugOf(name, id),
    plan,
    status: 'active',
    settings: {},
    created_by: userId,
    api_key: sealSecret(config, id, 'api_key', apiKey),
    webhook_secret: sealSecret(config, id, 'webhook_secret', newUuid()),
    created_at: at,
    updated_at: at,
  }
  await workspaceStore(containers).create(workspace, {
    id: memberId(id, userId),
    workspace_id: id,
    type: 'member',
    v: 1,
    user_id: userId,
    role: 'OWNER',
    status: 'active',
    joined_at: at,
    created_at: at,
  })
  await registerApiKey(containers, apiKey, id, at)
  await addMembership(deps, userId, { workspace_id: id, role: 'OWNER', status: 'active', joined_at: at })
  return workspace
}
