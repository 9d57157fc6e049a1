/** The settings of a workspace that other nouns follow, with what holds where one is not set. */
import type { Deps } from '../deps.ts'
import type { WorkspaceId } from '../ids.ts'
import { checkSends } from './find.ts'
import type { FrequencyCap, QuietHours, Workspace, WorkspacePlan } from './schema.ts'
import { workspaceStore } from './store.ts'

const DEFAULT_MAX_ERROR_PERCENT = 20

export interface EffectiveSettings {
  plan: WorkspacePlan
  /** ISO 3166 code: the country of phone numbers that an import gives without their country code. */
  defaultCountry: string | undefined
  /** Whether a contact that is created or imported without a word about consent counts as opted in. */
  contactsOptedIn: boolean
  /** Whether texts and media are refused when the person did not write within the last 24 hours. */
  checkServiceWindow: boolean
  /** How many minutes after its time a scheduled campaign is still started. */
  lateStartMinutes: number
  /** A campaign pauses when this share of its latest messages fails, for reasons that are not about one person. */
  maxErrorPercent: number
  /** Whether campaigns pause when Meta rates their number RED. */
  pauseOnRedQuality: boolean
  /** When campaigns send to nobody, by the clock where they live. */
  quietHours: QuietHours | undefined
  /** The workspace's own words instead of ours (contacts/consent-words.ts), if it has some. */
  optOutWords: readonly string[] | undefined
  optInWords: readonly string[] | undefined
  /** What answers who opted out or in by a word. */
  optOutReply: string | undefined
  optInReply: string | undefined
  /** How many marketing messages of campaigns a contact gets at most. */
  frequencyCap: FrequencyCap | undefined
}

/** One point read. */
export async function workspaceSettings(
  { containers }: Pick<Deps, 'containers'>,
  workspaceId: WorkspaceId,
): Promise<EffectiveSettings> {
  return effective((await workspaceStore(containers).find(workspaceId))?.value)
}

export type SettingsOf = (workspaceId: WorkspaceId) => Promise<EffectiveSettings>

/** For one piece of work: each workspace is asked for once. */
export function rememberedSettings(deps: Pick<Deps, 'containers'>): SettingsOf {
  const asked = new Map<WorkspaceId, Promise<EffectiveSettings>>()
  return (workspaceId) => {
    const settings = asked.get(workspaceId) ?? workspaceSettings(deps, workspaceId)
    asked.set(workspaceId, settings)
    return settings
  }
}

/** As `workspaceSettings`. Throws `workspace_suspended` where the workspace may read but not send. One point read. */
export async function sendingSettings(
  { containers }: Pick<Deps, 'containers'>,
  workspaceId: WorkspaceId,
): Promise<EffectiveSettings> {
  const workspace = (await workspaceStore(containers).findAny(workspaceId))?.value
  checkSends(workspace?.status ?? 'active')
  return effective(workspace)
}

/** One point read. */
export async function planOf(
  { containers }: Pick<Deps, 'containers'>,
  workspaceId: WorkspaceId,
): Promise<WorkspacePlan> {
  return effective((await workspaceStore(containers).findAny(workspaceId))?.value).plan
}

function effective(workspace: Workspace | undefined): EffectiveSettings {
  const settings = workspace?.settings ?? {}
  return {
    // One that is gone is held back by other means.
    plan: workspace?.plan ?? 'enterprise',
    defaultCountry: settings.default_country,
    // Clients keep keys of their own beside ours: only a clear no is a no.
    contactsOptedIn: settings['contacts_opted_in'] !== false,
    checkServiceWindow: settings['check_service_window'] !== false,
    lateStartMinutes: settings.late_start_minutes ?? 60,
    maxErrorPercent: settings.max_error_percent ?? DEFAULT_MAX_ERROR_PERCENT,
    pauseOnRedQuality: settings.pause_on_red_quality !== false,
    quietHours: settings.quiet_hours,
    optOutWords: settings.opt_out_words,
    optInWords: settings.opt_in_words,
    optOutReply: settings.opt_out_reply,
    optInReply: settings.opt_in_reply,
    frequencyCap: settings.frequency_cap,
  }
}
