/** The settings of a workspace that other nouns follow, with what holds where one is not set. */
import type { Deps } from '../deps.ts'
import type { WorkspaceId } from '../ids.ts'
import { workspaceStore } from './store.ts'

export interface EffectiveSettings {
  /** ISO 3166 code: the country of phone numbers that an import gives without their country code. */
  defaultCountry: string | undefined
  /** Whether a contact that is created or imported without a word about consent counts as opted in. */
  contactsOptedIn: boolean
}

/** One point read. */
export async function workspaceSettings(
  { containers }: Pick<Deps, 'containers'>,
  workspaceId: WorkspaceId,
): Promise<EffectiveSettings> {
  const settings = (await workspaceStore(containers).find(workspaceId))?.value.settings
  return {
    defaultCountry: settings?.default_country,
    // Clients keep keys of their own beside ours: only a clear no is a no.
    contactsOptedIn: settings?.['contacts_opted_in'] !== false,
  }
}
