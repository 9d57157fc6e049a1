/**
 * Changes a workspace: name, plan, status and settings, each only if given. One that may not send any more stops its
 * campaigns before this returns; a crash in between is made good by the queue.
 */
import { retryingConflicts } from '../conflicts.ts'
import { countryOf } from '../contacts/phone.ts'
import { AppError, fieldProblem } from '../errors.ts'
import type { WorkspaceId } from '../ids.ts'
import { SETTLE_AFTER_SECONDS } from './members/settle.ts'
import type { Role } from './membership.ts'
import {
  canBecome,
  type Workspace,
  type WorkspacePlan,
  type WorkspaceSettings,
  type WorkspaceStatus,
} from './schema.ts'
import { settleWorkspace, type SettleDeps } from './settle.ts'
import { workspaceStore } from './store.ts'

/** null means "not given", as the API document has it; a setting that is null is removed. */
export interface WorkspaceChange {
  name?: string | null | undefined
  plan?: WorkspacePlan | null | undefined
  status?: WorkspaceStatus | null | undefined
  settings?: Record<string, unknown> | null | undefined
}

const MOST_SETTINGS_BYTES = 16 * 1024

export async function updateWorkspace(
  deps: SettleDeps,
  workspaceId: WorkspaceId,
  role: Role,
  change: WorkspaceChange,
): Promise<Workspace> {
  const settings = checkedSettings(change.settings ?? {})
  const next = (current: Workspace): Workspace => {
    const changed: Workspace = {
      ...current,
      name: change.name ?? current.name,
      plan: change.plan ?? current.plan,
      status: change.status ?? current.status,
      settings: mergedSettings(current.settings, settings),
      updated_at: deps.now().toISOString(),
    }
    checkMay(role, current, changed)
    return changed
  }
  const stops = change.status !== undefined && change.status !== null && change.status !== 'active'
  if (stops) await queueStop(deps, workspaceId, next)
  const workspace = await changing(deps, workspaceId, next)
  if (stops) await settleWorkspace(deps, workspaceId)
  return workspace
}

/** Before the write; for a change that is allowed. */
async function queueStop(
  { containers, queues }: SettleDeps,
  workspaceId: WorkspaceId,
  next: (current: Workspace) => Workspace,
): Promise<void> {
  next((await workspaceStore(containers).get(workspaceId)).value)
  await queues.send('workspace-changes', { workspace_id: workspaceId }, { delaySeconds: SETTLE_AFTER_SECONDS })
}

async function changing(
  { containers }: SettleDeps,
  workspaceId: WorkspaceId,
  next: (current: Workspace) => Workspace,
): Promise<Workspace> {
  return retryingConflicts(async () => {
    const store = workspaceStore(containers)
    const stored = await store.get(workspaceId)
    return (await store.replace(stored, next(stored.value))).value
  })
}

function checkMay(role: Role, current: Workspace, next: Workspace): void {
  if (next.plan !== current.plan && role !== 'OWNER') {
    throw new AppError('forbidden', 'Only the OWNER can change the plan')
  }
  if (!canBecome(next.status, current.status)) {
    throw new AppError('workspace_suspended', 'This workspace is suspended; nobody inside it can lift that')
  }
}

function checkedSettings(settings: Record<string, unknown>): Record<string, unknown> {
  // Keys that Herald follows hold what it can follow; all others are the client's own.
  const country = settings['default_country']
  if (country === undefined || country === null) return settings
  const code = typeof country === 'string' ? countryOf(country) : undefined
  if (code === undefined) {
    const words = 'Input should be a two-letter ISO country code such as DE or BR'
    throw fieldProblem(['body', 'settings', 'default_country'], words)
  }
  return { ...settings, default_country: code }
}

/** Given keys replace, null removes, all others stay. */
function mergedSettings(current: WorkspaceSettings, change: Record<string, unknown>): WorkspaceSettings {
  const entries = Object.entries({ ...current, ...change }).filter(([, value]) => value !== null)
  const merged = Object.fromEntries(entries)
  if (Buffer.byteLength(JSON.stringify(merged)) > MOST_SETTINGS_BYTES) {
    throw fieldProblem(['body', 'settings'], `Settings can take up ${MOST_SETTINGS_BYTES / 1024} KB at most`)
  }
  return merged
}
