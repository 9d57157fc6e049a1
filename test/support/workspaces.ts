/** A workspace's own document, for tests whose world has none. */
import type { Deps } from '../../shared/deps.ts'
import { newUuid, type WorkspaceId } from '../../shared/ids.ts'
import type { Workspace } from '../../shared/workspaces/schema.ts'

export async function aStoredWorkspace(
  { containers, now }: Pick<Deps, 'containers' | 'now'>,
  id: WorkspaceId,
): Promise<void> {
  const at = now().toISOString()
  const workspace: Workspace = {
    id,
    workspace_id: id,
    type: 'workspace',
    v: 1,
    name: 'Acme',
    slug: `acme-${newUuid()}`,
    plan: 'free',
    status: 'active',
    settings: {},
    created_by: newUuid(),
    api_key: '',
    webhook_secret: '',
    created_at: at,
    updated_at: at,
  }
  await containers.core.create(workspace, id)
}
