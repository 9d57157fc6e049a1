/**
 * Gives a workspace a new API key or webhook secret; the old one stops working before this returns. First the new
 * secret's entry is made, then one write makes it the workspace's and notes the old entry as retired, then that is
 * removed, by a queue message if need be. A crash before the write leaves the old secret valid, and an entry for a
 * secret that nobody was told.
 */
import { retryingConflicts } from '../conflicts.ts'
import type { Deps } from '../deps.ts'
import { newUuid, type WorkspaceId } from '../ids.ts'
import { SETTLE_AFTER_SECONDS } from './members/settle.ts'
import type { Workspace } from './schema.ts'
import { registerSecret, secretEntryId } from './secret-entries.ts'
import { openSecret, sealSecret, type SecretName } from './secrets.ts'
import { settleWorkspace, type SettleDeps } from './settle.ts'
import { workspaceStore } from './store.ts'

export async function rotateSecret(deps: SettleDeps, workspaceId: WorkspaceId, name: SecretName): Promise<Workspace> {
  const { config, containers, queues, now } = deps
  const secret = newUuid()
  const at = now().toISOString()
  await workspaceStore(containers).get(workspaceId)
  await queues.send('workspace-changes', { workspace_id: workspaceId }, { delaySeconds: SETTLE_AFTER_SECONDS })
  await registerSecret(containers, [name, secret], workspaceId, at)
  const workspace = await replaceSecret(deps, workspaceId, name, {
    [name]: sealSecret(config, workspaceId, name, secret),
    updated_at: at,
  })
  await settleWorkspace(deps, workspaceId)
  return workspace
}

async function replaceSecret(
  { config, containers }: Pick<Deps, 'config' | 'containers'>,
  workspaceId: WorkspaceId,
  name: SecretName,
  change: Partial<Workspace>,
): Promise<Workspace> {
  const store = workspaceStore(containers)
  return retryingConflicts(async () => {
    const stored = await store.get(workspaceId)
    const retired = secretEntryId(name, openSecret(config, stored.value, name))
    const retired_entries = [...(stored.value.retired_entries ?? []), retired]
    return (await store.replace(stored, { ...stored.value, ...change, retired_entries })).value
  })
}
