/** What failures that Meta reports later ask for beyond being counted: as if it had said so at once (effects.ts). */
import { headerMediaId, MEDIA_KEY } from '../campaigns/header.ts'
import { pauseBySystem } from '../campaigns/pause.ts'
import type { Campaign } from '../campaigns/schema.ts'
import { campaignStore } from '../campaigns/store.ts'
import { markContacts, type ContactMark } from '../contacts/mark.ts'
import type { Deps } from '../deps.ts'
import type { WorkspaceId } from '../ids.ts'
import { refuseCopyFor } from '../media/keep-at-meta.ts'
import { stopNumber, warnOfCode } from '../phone-numbers/trouble.ts'
import { holdForHours } from '../recipients/effects.ts'
import type { StatusFact } from '../recipients/fact-row.ts'
import { pageStore } from '../recipients/page-store.ts'
import { askAgain } from '../templates/ask-again.ts'
import { errorRule, inWords, isAboutFile, type ErrorAction } from '../whatsapp/error-actions.ts'

type FollowDeps = Pick<Deps, 'containers' | 'gates' | 'log' | 'now' | 'queues'>

const STOPPING: ReadonlySet<ErrorAction> = new Set(['hold', 'stop_account', 'stop_number', 'stop_template'])

/** Asks nothing where nothing but counting is to be done. Safe to run again. */
export async function followFailures(
  deps: FollowDeps,
  workspaceId: WorkspaceId,
  campaignId: string,
  facts: readonly StatusFact[],
): Promise<void> {
  // In a report 0 stands for a failure without a reason, and not for Meta's own code 0, which is about the token.
  const failures = facts.filter(({ kind, code }) => kind === 'failed' && code !== 0)
  const having = (wanted: (action: ErrorAction) => boolean) =>
    failures.filter(({ code }) => wanted(errorRule(code).action))
  const warnings = failures.filter(({ code }) => errorRule(code).also === 'warn')
  const stops = having((action) => STOPPING.has(action))
  const files = failures.filter(({ code }) => isAboutFile(code))
  const marks = having((action) => action === 'mark_contact')
  if (failures.some(({ code }) => errorRule(code).also === 'ask_template')) await ask(deps, workspaceId, campaignId)
  if (warnings.length > 0) await warn(deps, workspaceId, campaignId, latestOf(warnings))
  if (files.length > 0) await stopForFile(deps, workspaceId, campaignId, latestOf(files))
  if (stops.length > 0) await stop(deps, workspaceId, campaignId, stops)
  await mark(deps, workspaceId, campaignId, marks)
}

async function ask(deps: FollowDeps, workspaceId: WorkspaceId, campaignId: string) {
  const campaign = (await campaignStore(deps).find(workspaceId, campaignId))?.value
  if (campaign?.template_id) await askAgain(deps, workspaceId, campaign.template_id)
}

async function warn(deps: FollowDeps, workspaceId: WorkspaceId, campaignId: string, { code, at }: StatusFact) {
  const campaign = (await campaignStore(deps).find(workspaceId, campaignId))?.value
  if (campaign) await warnOfCode(deps, workspaceId, campaign.phone_number_id, { code, at: new Date(at * 1000) })
}

function latestOf(facts: readonly StatusFact[]): StatusFact {
  return facts.reduce((latest, fact) => (fact.at > latest.at ? fact : latest))
}

/** Everybody else gets the same file in their header. Resumed, the campaign goes with a new copy of it. */
async function stopForFile(deps: FollowDeps, workspaceId: WorkspaceId, campaignId: string, latest: StatusFact) {
  const campaign = (await campaignStore(deps).find(workspaceId, campaignId))?.value
  const execution = campaign && executionMeant(campaign, latest)
  if (!execution || !(MEDIA_KEY in campaign.variables)) return
  await pauseBySystem(deps, execution, inWords(latest.code))
  const mediaId = headerMediaId(campaign.variables)
  if (mediaId === undefined) return
  await refuseCopyFor(deps, workspaceId, { mediaId, phoneNumberId: campaign.phone_number_id, code: latest.code })
}

/** What keeps the number from sending is marked even if this campaign is over: most reports come when small ones are. */
async function stop(deps: FollowDeps, workspaceId: WorkspaceId, campaignId: string, facts: StatusFact[]) {
  const latest = latestOf(facts)
  const { action, hold } = errorRule(latest.code)
  const campaign = (await campaignStore(deps).find(workspaceId, campaignId))?.value
  if (!campaign) return
  const words = inWords(latest.code)
  const execution = executionMeant(campaign, latest)
  if (hold) {
    const at = new Date(latest.at * 1000)
    if (execution) await holdForHours(deps, execution, campaign.phone_number_id, { reason: words, hold, at })
    return
  }
  if (execution) await pauseBySystem(deps, execution, words)
  if (action === 'stop_template') return
  const what = action === 'stop_number' ? 'number' : 'account'
  const refusal = { code: latest.code, what, reason: words, at: new Date(latest.at * 1000).toISOString() } as const
  await stopNumber(deps, workspaceId, campaign.phone_number_id, refusal)
}

/** Undefined where it is over: what was sent before a person resumed the campaign says nothing about it now. */
function executionMeant({ workspace_id, id, status, execution_id, updated_at }: Campaign, { at }: StatusFact) {
  if (status !== 'SENDING' || (at + 1) * 1000 < Date.parse(updated_at)) return undefined
  return { workspace_id, campaign_id: id, execution_id: execution_id ?? '' }
}

/** One read for each page with such a failure. */
async function mark(deps: FollowDeps, workspaceId: WorkspaceId, campaignId: string, facts: StatusFact[]) {
  const marks: ContactMark[] = []
  for (const number of new Set(facts.map(({ page }) => page))) {
    const stored = await pageStore(deps).page(workspaceId, campaignId, number)
    for (const { page, position, code, at } of facts) {
      const contactId = page === number ? stored?.value.contacts[position] : undefined
      if (contactId !== undefined) marks.push({ contactId, code, at: new Date(at * 1000).toISOString() })
    }
  }
  await markContacts(deps, workspaceId, marks)
}
