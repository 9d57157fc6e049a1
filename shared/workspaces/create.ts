/**
 * Makes a workspace with its owner. The owner's own membership comes last, because it is what makes the workspace
 * visible: whatever a crash leaves before it is seen and used by nobody, and asking again makes another.
 */
import { addMembership, checkRoom } from '../accounts/memberships.ts'
import type { Deps } from '../deps.ts'
import { WorkspaceId, newUuid } from '../ids.ts'
import { personOf, type Caller } from './membership.ts'
import { memberId, slugOf, type Workspace, type WorkspacePlan } from './schema.ts'
import { registerSecret } from './secret-entries.ts'
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
  const [apiKey, webhookSecret] = [newUuid(), newUuid()]
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
    webhook_secret: sealSecret(config, id, 'webhook_secret', webhookSecret),
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
  await registerSecret(containers, ['api_key', apiKey], id, at)
  await registerSecret(containers, ['webhook_secret', webhookSecret], id, at)
  await addMembership(deps, userId, { workspace_id: id, role: 'OWNER', status: 'active', joined_at: at })
  return workspace
}
