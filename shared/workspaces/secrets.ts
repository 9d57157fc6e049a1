/** A workspace's API key and webhook secret: UUIDs that OWNER and ADMIN may read again, so they are sealed, not hashed. */
import type { Config } from '../config.ts'
import { open, seal } from '../crypto/secret-box.ts'
import type { WorkspaceId } from '../ids.ts'
import type { Workspace } from './schema.ts'

export type SecretName = 'api_key' | 'webhook_secret'
type Key = Pick<Config, 'keyring'>

export function sealSecret({ keyring }: Key, workspaceId: WorkspaceId, name: SecretName, plain: string) {
  return seal(keyring, plain, contextOf(workspaceId, name))
}

export function openSecret({ keyring }: Key, workspace: Workspace, name: SecretName): string {
  return open(keyring, workspace[name], contextOf(workspace.id, name))
}

function contextOf(workspaceId: WorkspaceId, name: SecretName): string {
  return `workspace:${workspaceId}:${name}`
}
