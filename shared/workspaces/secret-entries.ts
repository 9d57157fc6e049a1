/**
 * What a workspace's secrets open: for each one entry in `directory` under the secret's hash, never the secret itself.
 * An API key leads to its workspace; a webhook secret is accepted when Meta verifies the webhook address.
 */
import * as z from 'zod'
import { sha256Hex } from '../crypto/sha256.ts'
import type { Deps } from '../deps.ts'
import { isConflict } from '../errors.ts'
import { WorkspaceId } from '../ids.ts'
import type { SecretName } from './secrets.ts'

const SecretEntry = z.object({
  id: z.string(),
  type: z.enum(['api_key', 'verify_token']),
  v: z.literal(1),
  workspace_id: WorkspaceId,
  created_at: z.string(),
})

type Directory = Pick<Deps['containers'], 'directory'>

const TYPES = { api_key: 'api_key', webhook_secret: 'verify_token' } as const

/** Safe to repeat: a secret is nobody else's. */
export async function registerSecret(
  { directory }: Directory,
  [name, secret]: [SecretName, string],
  workspaceId: WorkspaceId,
  at: string,
): Promise<void> {
  const id = secretEntryId(name, secret)
  try {
    await directory.create({ id, type: TYPES[name], v: 1, workspace_id: workspaceId, created_at: at }, id)
  } catch (error) {
    if (!isConflict(error)) throw error
  }
}

/** The workspace whose secret of this name it is now. One point read. */
export async function findSecret(
  { directory }: Directory,
  name: SecretName,
  secret: string,
): Promise<WorkspaceId | undefined> {
  const given = secret.trim().toLowerCase()
  if (!z.uuid().safeParse(given).success) return undefined
  const id = secretEntryId(name, given)
  return (await directory.read(id, id, (document) => SecretEntry.parse(document)))?.value.workspace_id
}

/** What these entries are for stops working at once. */
export async function removeSecretEntries({ directory }: Directory, entryIds: readonly string[]): Promise<void> {
  for (const id of entryIds) await directory.remove(id, id)
}

export function secretEntryId(name: SecretName, secret: string): string {
  return `${TYPES[name]}:${sha256Hex(secret)}`
}
