/** A campaign as the API shows it, with counters that are right at the moment of asking. */
import type { Deps } from '../deps.ts'
import { noCounts, type Counts } from '../recipients/fact-row.ts'
import { pageStore } from '../recipients/page-store.ts'
import { errorRule, WITHOUT_CODE } from '../whatsapp/error-actions.ts'
import { priceOf } from '../whatsapp/pricing.ts'
import type { CampaignResponse } from './api.ts'
import { countRecipients } from './audience.ts'
import { readLedger, sumOf } from './counters.ts'
import type { Campaign } from './schema.ts'

type RespondDeps = Pick<Deps, 'containers' | 'factsTable'>

export async function campaignWithCounters(deps: RespondDeps, campaign: Campaign): Promise<CampaignResponse> {
  const [total, counts] = await Promise.all([totalOf(deps, campaign), countsOf(deps, campaign)])
  return campaignResponse(campaign, total, counts)
}

export function campaignResponse(campaign: Campaign, total: number, counts: Counts): CampaignResponse {
  return {
    ...campaign,
    total_contacts: total,
    sent_count: counts.sent,
    delivered_count: counts.delivered,
    read_count: counts.read,
    failed_count: counts.failed,
    skipped_count: counts.skipped,
    cancelled_count: counts.cancelled,
    uncertain_count: counts.uncertain,
    replied_count: counts.replied,
    pending_count: campaign.started_at === null ? 0 : Math.max(0, total - sumOf(counts)),
    failures: Object.entries(counts.failures).map(([code, count]) => ({
      code: Number(code),
      reason: code === '0' ? WITHOUT_CODE : errorRule(Number(code)).reason,
      count,
    })),
    prices: Object.entries(counts.priced).flatMap(([letter, count]) => {
      const price = priceOf(letter)
      return price ? [{ ...price, count }] : []
    }),
    state: stateOf(campaign),
    held_until: campaign.status === 'SENDING' ? (campaign.hold?.until ?? null) : null,
    hold_reason: campaign.status === 'SENDING' ? (campaign.hold?.reason ?? null) : null,
  }
}

/** True while nobody was chosen yet: `total_contacts` is how many there would be. */
export function isEstimated(campaign: Campaign): boolean {
  return campaign.started_at === null && campaign.status !== 'CANCELLED'
}

/** An estimate while the campaign is a draft, what is planned so far while it is being planned, then the audience. */
async function totalOf(deps: RespondDeps, campaign: Campaign): Promise<number> {
  if (campaign.planned_at !== null) return campaign.total
  if (isEstimated(campaign)) return countRecipients(deps, campaign.workspace_id, campaign.audience)
  if (campaign.started_at === null) return 0
  return (await pageStore(deps).plan(campaign.workspace_id, campaign.id))?.value.total ?? 0
}

/** Statuses go on arriving after a campaign ended, so the facts are asked whatever its state. */
export async function countsOf(deps: Pick<Deps, 'factsTable'>, campaign: Campaign): Promise<Counts> {
  if (campaign.started_at === null) return noCounts()
  const pages = campaign.planned_at === null ? undefined : campaign.pages
  return (await readLedger(deps, campaign.workspace_id, campaign.id, pages)).counts
}

function stateOf(campaign: Campaign): 'paused' | 'scheduled' | null {
  if (campaign.status !== 'SCHEDULED') return null
  return campaign.paused_at === null ? 'scheduled' : 'paused'
}
