/** The settings of a workspace that other nouns follow, with what holds where one is not set. */
import type { Deps } from '../deps.ts'
import type { WorkspaceId } from '../ids.ts'
import { checkSends } from './find.ts'
import type { WorkspaceSettings } from './schema.ts'
import { workspaceStore } from './store.ts'

export interface EffectiveSettings {
  /** ISO 3166 code: the country of phone numbers that an import gives without their country code. */
  defaultCountry: string | undefined
  /** Whether a contact that is created or imported without a word about consent counts as opted in. */
  contactsOptedIn: boolean
  /** Whether texts and media are refused when the person did not write within the last 24 hours. */
  checkServiceWindow: boolean
}

/** One point read. */
export async function workspaceSettings(
  { containers }: Pick<Deps, 'containers'>,
  workspaceId: WorkspaceId,
): Promise<EffectiveSettings> {
  return effective((await workspaceStore(containers).find(workspaceId))?.value.settings)
}

/** As `workspaceSettings`. Throws `workspace_suspended` where the workspace may read but not send. One point read. */
export async function sendingSettings(
  { containers }: Pick<Deps, 'containers'>,
  workspaceId: WorkspaceId,
): Promise<EffectiveSettings> {
  const workspace = (await workspaceStore(containers).findAny(workspaceId))?.value
  checkSends(workspace?.status ?? 'active')
  return effective(workspace?.settings)
}

function effective(settings: WorkspaceSettings | undefined): EffectiveSettings {
  return {
    defaultCountry: settings?.default_country,
    // Clients keep keys of their own beside ours: only a clear no is a no.
    contactsOptedIn: settings?.['contacts_opted_in'] !== false,
    checkServiceWindow: settings?.['check_service_window'] !== false,
  }
}
