/** Which workspace an API key opens: one entry in `directory` under the key's hash, never the key itself. */
import { z } from 'zod'
import { sha256Hex } from '../crypto/sha256.ts'
import type { Deps } from '../deps.ts'
import { WorkspaceId } from '../ids.ts'

const ApiKeyEntry = z.object({
  id: z.string(),
  type: z.literal('api_key'),
  v: z.literal(1),
  workspace_id: WorkspaceId,
  created_at: z.string(),
})

type Directory = Pick<Deps['containers'], 'directory'>

export async function registerApiKey({ directory }: Directory, apiKey: string, workspaceId: WorkspaceId, at: string) {
  const id = entryId(apiKey)
  await directory.create({ id, type: 'api_key', v: 1, workspace_id: workspaceId, created_at: at }, id)
}

export async function findApiKey({ directory }: Directory, apiKey: string): Promise<WorkspaceId | undefined> {
  const id = entryId(apiKey)
  return (await directory.read(id, id, (document) => ApiKeyEntry.parse(document)))?.value.workspace_id
}

function entryId(apiKey: string): string {
  return `apikey:${sha256Hex(apiKey)}`
}
