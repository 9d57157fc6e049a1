/**
 * Makes every message of a campaign without sending any, and tells what would come of a start: who would be skipped,
 * what Meta would refuse, what keeps it from starting, and how long it would take. Reads as planning does, a part of the
 * audience at a time, and writes nothing.
 */
import { contactStore } from '../contacts/store.ts'
import type { Deps } from '../deps.ts'
import { AppError, ValidationError } from '../errors.ts'
import type { WorkspaceId } from '../ids.ts'
import { overCap } from '../pace/frequency.ts'
import { templateOrNone } from '../templates/find.ts'
import { frequencyCapFor } from '../recipients/frequency.ts'
import type { Template } from '../templates/schema.ts'
import type { FrequencyCap } from '../workspaces/schema.ts'
import { workspaceSettings } from '../workspaces/settings.ts'
import { audienceFilters } from './audience.ts'
import { findings, type Findings } from './findings.ts'
import { headroomOf, type Headroom } from './headroom.ts'
import type { CampaignPreflight } from './preflight-api.ts'
import { readRecipients, RECIPIENTS_PER_READ, type Recipient } from './read-recipients.ts'
import { canBecome, type Campaign } from './schema.ts'
import { obstaclesOf } from './startable.ts'
import { campaignStore } from './store.ts'

/** Whoever asks waits for the answer: a larger audience, or a slow store, is checked in part. */
const MOST_CHECKED = 100_000
const LONGEST_MS = 20_000

type PreflightDeps = Pick<Deps, 'containers' | 'paceTable' | 'now'>

export async function preflightCampaign(
  deps: PreflightDeps,
  workspaceId: WorkspaceId,
  campaignId: string,
  most = MOST_CHECKED,
): Promise<CampaignPreflight> {
  const { value: campaign } = await campaignStore(deps).get(workspaceId, campaignId)
  const [blocking, left, found, headroom] = await Promise.all([
    blockingProblems(deps, campaign),
    leftOut(deps, campaign),
    checkEverybody(deps, campaign, most),
    headroomOf(deps, campaign),
  ])
  const totals = await totalsOf(deps, campaign, left, found)
  const estimate = headroom && estimateOf(totals, headroom)
  return {
    ready: blocking.length === 0,
    blocking,
    totals,
    problems: found.problems(),
    number: headroom?.number ?? null,
    portfolio: headroom?.portfolio ?? null,
    estimate: estimate ?? null,
    summary: summaryOf(blocking.length, totals, estimate),
  }
}

type Blocking = CampaignPreflight['blocking'][number]
type Totals = CampaignPreflight['totals']
type Estimate = NonNullable<CampaignPreflight['estimate']>

async function blockingProblems(deps: PreflightDeps, campaign: Campaign): Promise<Blocking[]> {
  const obstacles = await obstaclesOf(deps, campaign)
  const { status } = campaign
  if (!canBecome('SENDING', status)) {
    obstacles.unshift(new AppError('campaign_not_sendable', `Cannot start a campaign that is ${status}`))
  }
  return obstacles.flatMap((obstacle): Blocking[] => {
    const { code, message } = obstacle
    if (!(obstacle instanceof ValidationError)) return [{ code, field: null, message }]
    return obstacle.problems.map(({ loc, msg }) => ({ code, field: loc.slice(1).join('.'), message: msg }))
  })
}

interface LeftOut {
  opted_out: number
  no_consent: number
  no_phone_number: number
}

/** Whom planning never reads. */
async function leftOut({ containers }: PreflightDeps, campaign: Campaign): Promise<LeftOut> {
  const contacts = contactStore(containers)
  const { workspace_id } = campaign
  const filters = await audienceFilters({ containers }, campaign)
  const [opted_out, no_consent, no_phone_number] = await Promise.all([
    contacts.countAudience(workspace_id, { filters, consent: 'opted_out' }),
    contacts.countAudience(workspace_id, { filters, consent: 'no_consent' }),
    contacts.countAudience(workspace_id, { filters, consent: 'no_number' }),
  ])
  return { opted_out, no_consent, no_phone_number }
}

interface Checked extends Findings {
  /** Who was sent as many marketing messages lately as the workspace allows. */
  capped: number
  isComplete: boolean
}

async function checkEverybody(deps: PreflightDeps, campaign: Campaign, most: number): Promise<Checked> {
  const template = await templateOrNone(deps, campaign.workspace_id, campaign.template_id ?? '')
  const cap = await capOf(deps, campaign, template)
  const found = findings(template?.components ?? [])
  const untilMs = deps.now().getTime() + LONGEST_MS
  let afterId: string | null = null
  let capped = 0
  while (found.checked() < most && deps.now().getTime() < untilMs) {
    const recipients = await readRecipients(deps, campaign, afterId)
    for (const recipient of recipients) found.look(recipient)
    capped += await countCapped(deps, campaign, recipients, cap)
    if (recipients.length < RECIPIENTS_PER_READ) return { ...found, capped, isComplete: true }
    afterId = recipients.at(-1)?.contact.id ?? null
  }
  return { ...found, capped, isComplete: false }
}

/** Undefined where this campaign has none. */
async function capOf(
  deps: PreflightDeps,
  { workspace_id }: Campaign,
  template: Template | undefined,
): Promise<FrequencyCap | undefined> {
  return template && frequencyCapFor(template, await workspaceSettings(deps, workspace_id))
}

/** Of those who have all their values. */
async function countCapped(
  deps: PreflightDeps,
  { workspace_id, id }: Campaign,
  recipients: readonly Recipient[],
  cap: FrequencyCap | undefined,
): Promise<number> {
  if (!cap) return 0
  const contacts = recipients.filter(({ frozen }) => frozen.kind === 'values').map(({ contact }) => contact.id)
  return (await overCap(deps, workspace_id, { campaignId: id, contacts, cap })).size
}

/** Counts those who were not looked at only where there are some. */
async function totalsOf(deps: PreflightDeps, campaign: Campaign, left: LeftOut, found: Checked): Promise<Totals> {
  const { workspace_id } = campaign
  const checked = found.checked()
  const counted = found.isComplete
    ? checked
    : await contactStore(deps.containers).countAudience(workspace_id, {
        filters: await audienceFilters(deps, campaign),
      })
  // It may be one more or less by now.
  const of = Math.max(counted, checked)
  const skipped = { ...left, missing_variable: found.missing(), frequency_cap: found.capped }
  return {
    audience: of + left.opted_out + left.no_consent + left.no_phone_number,
    checked,
    of,
    is_complete: found.isComplete,
    would_send: checked - found.missing() - found.capped,
    skipped: (['opted_out', 'no_consent', 'missing_variable', 'no_phone_number', 'frequency_cap'] as const)
      .map((reason) => ({ reason, count: skipped[reason] }))
      .filter(({ count }) => count > 0),
  }
}

function estimateOf({ would_send, checked, of }: Totals, { number, portfolio }: Headroom): Estimate {
  const messages = checked === 0 ? 0 : Math.round((would_send / checked) * of)
  const seconds = Math.ceil(messages / number.rate_per_second)
  if (portfolio.limit === null || portfolio.left === null) return { messages, seconds, days_held: 0 }
  return { messages, seconds, days_held: Math.ceil(Math.max(0, messages - portfolio.left) / portfolio.limit) }
}

function summaryOf(obstacles: number, totals: Totals, estimate: Estimate | undefined): string {
  const { checked, of, is_complete, would_send, audience } = totals
  const part = is_complete ? '' : ` Checked: ${checked} of ${of}; the counts are of these.`
  const start =
    obstacles === 0 ? 'It can start now' : `It cannot start: ${obstacles} thing${obstacles === 1 ? '' : 's'} to change`
  const time = estimate ? `, in about ${duration(estimate)}` : ''
  return `${start}. It would send to ${would_send} of ${audience} contacts${time}.${part}`
}

function duration({ seconds, days_held }: Estimate): string {
  const days = days_held === 0 ? '' : ` and ${days_held} day${days_held === 1 ? '' : 's'} of waiting for Meta’s limit`
  if (seconds < 120) return `${seconds} second${seconds === 1 ? '' : 's'}${days}`
  return `${Math.ceil(seconds / 60)} minutes${days}`
}
