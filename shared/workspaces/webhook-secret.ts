/** The secret that a workspace's webhook deliveries are signed with, as it is now. One point read. */
import type { Deps } from '../deps.ts'
import type { WorkspaceId } from '../ids.ts'
import { openSecret } from './secrets.ts'
import { workspaceStore } from './store.ts'

/** Undefined for a workspace that was deleted. */
export async function webhookSecretOf(
  { config, containers }: Pick<Deps, 'config' | 'containers'>,
  workspaceId: WorkspaceId,
): Promise<string | undefined> {
  const workspace = (await workspaceStore(containers).find(workspaceId))?.value
  return workspace && openSecret(config, workspace, 'webhook_secret')
}
