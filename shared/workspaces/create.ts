/**
 * Makes a workspace with its owner. The owner's own membership comes last, because it is what makes the workspace
 * visible: whatever a crash leaves before it is seen and used by nobody, and asking again makes another.
 */
import { addMembership, checkRoom } from '../accounts/memberships.ts'
import type { Deps } from '../deps.ts'
import { WorkspaceId, newUuid, uuidFrom } from '../ids.ts'
import { personOf, type Caller } from './membership.ts'
import { memberId, slugOf, type Workspace, type WorkspacePlan } from './schema.ts'
import { registerSecret } from './secret-entries.ts'
import { openSecret, sealSecret } from './secrets.ts'
import { workspaceStore } from './store.ts'

export async function createWorkspace(
  deps: Pick<Deps, 'config' | 'containers' | 'now' | 'once'>,
  caller: Caller,
  { name, plan }: { name: string; plan: WorkspacePlan },
): Promise<Workspace> {
  const { config, containers, now, once } = deps
  const userId = personOf(caller)
  const id = WorkspaceId.parse(uuidFrom(once.seed('workspace')))
  const earlier = once.isRepeat ? await workspaceStore(containers).find(id) : undefined
  if (earlier) return madeVisible(deps, userId, earlier.value)
  checkRoom(caller.memberships.length)
  const at = now().toISOString()
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
    api_key: sealSecret(config, id, 'api_key', newUuid()),
    webhook_secret: sealSecret(config, id, 'webhook_secret', newUuid()),
    owner_ids: [userId],
    member_count: 1,
    created_at: at,
    updated_at: at,
  }
  await workspaceStore(containers).create(workspace, {
    id: memberId(id, userId),
    workspace_id: id,
    type: 'member',
    v: 1,
    user_id: userId,
    ...(caller.email === undefined ? {} : { user_email: caller.email }),
    role: 'OWNER',
    status: 'active',
    joined_at: at,
    created_at: at,
  })
  return madeVisible(deps, userId, workspace)
}

/** Safe to repeat. */
async function madeVisible(
  deps: Pick<Deps, 'config' | 'containers' | 'now'>,
  userId: string,
  workspace: Workspace,
): Promise<Workspace> {
  const { id, created_at: at } = workspace
  for (const name of ['api_key', 'webhook_secret'] as const) {
    await registerSecret(deps.containers, [name, openSecret(deps.config, workspace, name)], id, at)
  }
  await addMembership(deps, userId, { workspace_id: id, role: 'OWNER', status: 'active', joined_at: at })
  return workspace
}
