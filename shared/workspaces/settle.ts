/**
 * Makes everything beside a workspace's document follow it: retired secrets, campaigns that may not send any more, and
 * after a deletion also memberships and numbers. Whoever changes the document queues this before the write and runs it
 * after; it is safe to run at any time, any number of times.
 */
import { atOnce } from '../at-once.ts'
import { cancelRunning, pauseRunning } from '../campaigns/stop-running.ts'
import type { Deps } from '../deps.ts'
import { isConflict } from '../errors.ts'
import type { WorkspaceId } from '../ids.ts'
import { releaseNumbersOf } from '../phone-numbers/release.ts'
import type { QueueMessage } from '../queue/messages.ts'
import { removeEndpoints } from '../webhook-endpoints/delete.ts'
import { settleMembership } from './members/settle.ts'
import { memberStore } from './members/store.ts'
import type { Workspace } from './schema.ts'
import { removeSecretEntries, secretEntryId } from './secret-entries.ts'
import { openSecret } from './secrets.ts'
import { workspaceStore } from './store.ts'

/** Members who are settled at once. */
const AT_ONCE = 8

export type SettleDeps = Pick<Deps, 'config' | 'containers' | 'events' | 'queues' | 'now' | 'log' | 'gates'>

/** The queue's handler: one member's row changed, or the workspace's own document. */
export async function settleChange(deps: SettleDeps, message: QueueMessage<'workspace-changes'>): Promise<void> {
  if (message.user_id === undefined) await settleWorkspace(deps, message.workspace_id)
  else await settleMembership(deps, message.workspace_id, message.user_id)
}

export async function settleWorkspace(deps: SettleDeps, workspaceId: WorkspaceId): Promise<void> {
  const workspace = (await workspaceStore(deps.containers).findAny(workspaceId))?.value
  if (!workspace) return
  if (workspace.deleted_at !== undefined) {
    await clearAway(deps, workspace)
    return
  }
  await removeRetired(deps, workspace)
  if (workspace.status !== 'active') await pauseRunning(deps, workspaceId, `The workspace is ${workspace.status}`)
}

/** What lets somebody in or something out comes first. */
async function clearAway(deps: SettleDeps, workspace: Workspace): Promise<void> {
  const { config, containers } = deps
  const secrets = (['api_key', 'webhook_secret'] as const).map((name) =>
    secretEntryId(name, openSecret(config, workspace, name)),
  )
  await removeSecretEntries(containers, [...secrets, ...(workspace.retired_entries ?? [])])
  await removeEndpoints(deps, workspace.id)
  await cancelRunning(deps, workspace.id)
  const members = await memberStore(containers).list(workspace.id, undefined)
  await atOnce(AT_ONCE, members, ({ user_id }) => settleMembership(deps, workspace.id, user_id))
  await releaseNumbersOf(deps, workspace.id)
}

async function removeRetired({ containers }: SettleDeps, { id, retired_entries = [] }: Workspace): Promise<void> {
  if (retired_entries.length === 0) return
  await removeSecretEntries(containers, retired_entries)
  const store = workspaceStore(containers)
  const stored = await store.find(id)
  if (!stored) return
  const left = (stored.value.retired_entries ?? []).filter((entry) => !retired_entries.includes(entry))
  try {
    await store.replace(stored, { ...stored.value, retired_entries: left })
  } catch (error) {
    // The note stays for the next run; what it names is gone.
    if (!isConflict(error)) throw error
  }
}
