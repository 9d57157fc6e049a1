/** Workspaces as the API's users see them. */
import { z } from 'zod'
import type { Deps } from '../deps.ts'
import { Role } from './membership.ts'
import { WorkspacePlan, WorkspaceStatus, type Workspace } from './schema.ts'
import { openSecret } from './secrets.ts'

const name = z.string().trim().min(1).max(255)

export const WorkspaceCreate = z.object({ name, plan: WorkspacePlan.default('free') })

export const WorkspaceUpdate = z.object({
  name: name.nullish(),
  plan: WorkspacePlan.nullish(),
  status: WorkspaceStatus.nullish(),
  settings: z
    .looseObject({ default_country: z.string().nullish(), contacts_opted_in: z.boolean().nullish() })
    .nullish(),
})

export const WorkspaceResponse = z.object({
  id: z.uuid(),
  name: z.string(),
  slug: z.string(),
  api_key: z.guid(),
  webhook_secret: z.guid(),
  created_by: z.uuid(),
  plan: WorkspacePlan,
  status: WorkspaceStatus,
  settings: z.record(z.string(), z.unknown()),
  created_at: z.string(),
  updated_at: z.string(),
})

export const WorkspaceListResponse = z.object({
  id: z.uuid(),
  name: z.string(),
  slug: z.string(),
  plan: WorkspacePlan,
  status: WorkspaceStatus,
  created_at: z.string(),
  user_role: Role,
})

/** What members without the right to see a secret get in its place: of the documented type, and obviously no secret. */
export const HIDDEN_SECRET = '00000000-0000-0000-0000-000000000000'

export function workspaceResponse(
  { config }: Pick<Deps, 'config'>,
  workspace: Workspace,
  role: Role,
): z.output<typeof WorkspaceResponse> {
  const maySeeSecrets = role === 'OWNER' || role === 'ADMIN'
  return {
    ...workspace,
    api_key: maySeeSecrets ? openSecret(config, workspace, 'api_key') : HIDDEN_SECRET,
    webhook_secret: maySeeSecrets ? openSecret(config, workspace, 'webhook_secret') : HIDDEN_SECRET,
  }
}

export function workspaceListItem({ workspace, role }: { workspace: Workspace; role: Role }) {
  return { ...workspace, user_role: role }
}
