/**
 * What a sender must know before each block: may this execution still send, through which number, with which template,
 * and who opted out or was deleted meanwhile. Kept for a moment per campaign, so that pausing is quick and asking stays cheap.
 */
import type { Deps } from '../deps.ts'
import { campaignStore } from '../campaigns/store.ts'
import type { Campaign } from '../campaigns/schema.ts'
import { headerOf, type Header } from '../campaigns/header.ts'
import type { LeftOut } from '../contacts/left-out.ts'
import { contactStore, type ContactStore } from '../contacts/store.ts'
import type { WorkspaceId } from '../ids.ts'
import { tokenOf, type PhoneNumber } from '../phone-numbers/schema.ts'
import { phoneNumberStore } from '../phone-numbers/store.ts'
import type { Template } from '../templates/schema.ts'
import { templateStore } from '../templates/store.ts'
import type { FrequencyCap, QuietHours } from '../workspaces/schema.ts'
import { workspaceSettings } from '../workspaces/settings.ts'
import { frequencyCapFor } from './frequency.ts'
import { openWindows, type OpenWindows } from './open-windows.ts'
import { pageStore } from './page-store.ts'

/** After pause or cancel answered, sends may go on for this long plus the blocks in flight. */
const FRESH_FOR_MS = 1_000
/** Numbers and templates change rarely, and Meta refuses what no longer fits. */
const SENDER_FRESH_FOR_MS = 15_000
/** Who writes meanwhile is counted as if they had not. */
const WINDOWS_FRESH_FOR_MS = 60_000
const MOST_KEPT = 500
/** Opt-outs and deletions carry the clock of the instance that stored them. */
const CLOCK_SKEW_MS = 60_000
const NOBODY: LeftOut = new Map()

export interface Gate {
  campaign: Campaign
  /** Contacts that get nothing any more, by the reason. */
  leftOut: LeftOut
}

export interface Sender {
  phoneNumber: PhoneNumber
  template: Template
  token: string
  /** For a template with a file or a place in it. */
  header: Header
  /** Of the workspace. */
  quietHours: QuietHours | undefined
  /** Of the workspace, where the template is for marketing. */
  frequencyCap: FrequencyCap | undefined
}

export interface Gates {
  /** The campaign as it was at most a second ago; undefined if it is gone. */
  gate(workspaceId: WorkspaceId, campaignId: string): Promise<Gate | undefined>
  /** Number and template of a campaign; undefined if either is gone. */
  sender(campaign: Campaign): Promise<Sender | undefined>
  /** The next `sender` of this campaign asks the store. */
  forgetSender(campaign: Pick<Campaign, 'id' | 'execution_id'>): void
  /** Whose service window with the number is open, as it was at most a minute ago. */
  openWindows(phoneNumber: PhoneNumber): Promise<OpenWindows>
  /** The next `gate` of this campaign asks the store. */
  forget(workspaceId: WorkspaceId, campaignId: string): void
}

export function gates(deps: Pick<Deps, 'containers' | 'config' | 'blobs' | 'now'>): Gates {
  const campaigns = campaignStore(deps)
  const phoneNumbers = phoneNumberStore(deps.containers)
  const templates = templateStore(deps.containers)
  const gateCache = freshCache<Gate | undefined>(deps.now, FRESH_FOR_MS)
  const senderCache = freshCache<Sender | undefined>(deps.now, SENDER_FRESH_FOR_MS)
  const windowsCache = freshCache<OpenWindows>(deps.now, WINDOWS_FRESH_FOR_MS)
  const leftOut = leftOutReader(pageStore(deps), contactStore(deps.containers))

  return {
    gate: (workspaceId, campaignId) =>
      gateCache.get(`${workspaceId} ${campaignId}`, async () => {
        const [stored, out] = await Promise.all([
          campaigns.find(workspaceId, campaignId),
          leftOut(workspaceId, campaignId),
        ])
        return stored && { campaign: stored.value, leftOut: out }
      }),
    sender: (campaign) =>
      senderCache.get(senderKey(campaign), async () => {
        const [phoneNumber, template, settings] = await Promise.all([
          phoneNumbers.find(campaign.workspace_id, campaign.phone_number_id),
          templates.find(campaign.workspace_id, campaign.template_id ?? ''),
          workspaceSettings(deps, campaign.workspace_id),
        ])
        if (!phoneNumber || !template) return undefined
        return {
          phoneNumber: phoneNumber.value,
          template: template.value,
          quietHours: settings.quietHours,
          frequencyCap: frequencyCapFor(template.value, settings),
          token: tokenOf(deps.config, phoneNumber.value),
          header: await headerOf(deps, campaign, template.value, phoneNumber.value.id),
        }
      }),
    forgetSender: (campaign) => senderCache.forget(senderKey(campaign)),
    openWindows: (phoneNumber) => windowsCache.get(phoneNumber.id, () => openWindows(deps, phoneNumber)),
    forget: (workspaceId, campaignId) => gateCache.forget(`${workspaceId} ${campaignId}`),
  }
}

/** Reads who is left out since planning began: whoever was out before is in no page. */
function leftOutReader(pages: ReturnType<typeof pageStore>, contacts: ContactStore) {
  const planStarts = new Map<string, string>()

  async function planStart(workspaceId: WorkspaceId, campaignId: string): Promise<string | undefined> {
    const known = planStarts.get(campaignId) ?? (await pages.plan(workspaceId, campaignId))?.value.started_at
    if (planStarts.size > MOST_KEPT) planStarts.clear()
    if (known !== undefined) planStarts.set(campaignId, known)
    return known
  }

  return async (workspaceId: WorkspaceId, campaignId: string): Promise<LeftOut> => {
    const since = await planStart(workspaceId, campaignId)
    if (since === undefined) return NOBODY
    return contacts.leftOutSince(workspaceId, new Date(Date.parse(since) - CLOCK_SKEW_MS).toISOString())
  }
}

function senderKey({ id, execution_id }: Pick<Campaign, 'id' | 'execution_id'>): string {
  return `${id} ${String(execution_id)}`
}

interface FreshCache<T> {
  get(key: string, load: () => Promise<T>): Promise<T>
  forget(key: string): void
}

/** Remembers what `load` gave for a key while it is fresh; callers at the same time share one load. */
function freshCache<T>(now: () => Date, freshForMs: number): FreshCache<T> {
  const entries = new Map<string, { at: number; value: Promise<T> }>()
  return {
    get(key, load) {
      const at = now().getTime()
      const known = entries.get(key)
      if (known && at - known.at < freshForMs) return known.value
      if (entries.size > MOST_KEPT) entries.clear()
      const value = load()
      entries.set(key, { at, value })
      value.catch(() => entries.delete(key))
      return value
    },
    forget: (key) => entries.delete(key),
  }
}
