/** What must add up at the end; each line that does not is a bug worth an exit code. */
import type { LedgerSummary, WebhookCounts } from '../stack/measure.ts'
import type { Campaign } from './campaign.ts'
import type { ImportTally } from './import-contacts.ts'

/** A campaign beside what WhatsApp saw of it. */
export interface CampaignOutcome {
  campaign: Campaign
  ledger: LedgerSummary
  counts: WebhookCounts
  refusedForGood: number
}

export interface Outcome extends CampaignOutcome {
  imported: ImportTally
  chaos: ChaosOutcome | undefined
}

export interface ChaosOutcome {
  /** Accepted sends at each kill. */
  killedAt: number[]
  uncertainAfterCrashes: number
  sentAgain: number
}

export const FEWEST_KILLS = 3

/** One sentence for each thing that is not as it must be; empty if all is well. */
export function whatDoesNotAddUp(outcome: Outcome): string[] {
  return [...importProblems(outcome), ...campaignProblems(outcome), ...chaosProblems(outcome)]
}

export function campaignProblems(outcome: CampaignOutcome): string[] {
  return [...ledgerProblems(outcome), ...counterProblems(outcome)]
}

function importProblems({ imported: { rows, imported, updated, skipped, failed } }: Outcome): string[] {
  return differs(
    'rows imported, updated, skipped or failed',
    imported + updated + skipped + failed,
    'rows in all',
    rows,
  )
}

function counterProblems({ campaign, counts, refusedForGood }: CampaignOutcome): string[] {
  const { sent_count: sent, failed_count: failed, skipped_count: skipped } = campaign
  const { cancelled_count: cancelled, uncertain_count: uncertain } = campaign
  const { reached } = counts.reported
  return [
    ...(campaign.status === 'COMPLETED' ? [] : [`The campaign is ${campaign.status}, not COMPLETED`]),
    ...differs(
      'sent + failed + skipped + cancelled + uncertain',
      sent + failed + skipped + cancelled + uncertain,
      'the total',
      campaign.total_contacts,
    ),
    ...differs('pending', campaign.pending_count, 'none', 0),
    ...differs('sent', sent, 'accepted by WhatsApp and not failed afterwards', counts.accepted - reached.failed),
    ...differs('delivered', campaign.delivered_count, 'reported as delivered', reached.delivered),
    ...differs('read', campaign.read_count, 'reported as read', reached.read),
    ...differs('failed', failed, 'reported as failed or refused for good', reached.failed + refusedForGood),
  ]
}

function ledgerProblems({ campaign, ledger, counts, refusedForGood }: CampaignOutcome): string[] {
  const audience = campaign.total_contacts - campaign.skipped_count - campaign.cancelled_count
  return [
    ...differs('accepted sends', ledger.accepted, 'recipients who got one', ledger.recipients),
    ...differs('recipients who got more than one message', ledger.recipients_with_more_than_one, 'none', 0),
    ...differs(
      'accepted sends',
      ledger.accepted,
      'recipients who were to get one',
      audience - campaign.uncertain_count - refusedForGood,
    ),
    ...differs('webhooks that Herald has not answered yet', counts.pending, 'none', 0),
  ]
}

/**
 * What becomes of a message depends on seed and recipient alone, so what is planned for everybody is what a run without
 * crashes ends with.
 */
function chaosProblems({ campaign, counts, chaos }: Outcome): string[] {
  if (!chaos) return []
  const { reached } = counts.planned
  const during = chaos.killedAt.filter((accepted) => accepted > 0 && accepted < counts.accepted)
  return [
    ...(during.length >= FEWEST_KILLS ? [] : [`Only ${during.length} kills came during the sending`]),
    ...differs('uncertain at the end', campaign.uncertain_count, 'none', 0),
    ...differs('delivered after the crashes', campaign.delivered_count, 'as without crashes', reached.delivered),
    ...differs('read after the crashes', campaign.read_count, 'as without crashes', reached.read),
    ...differs('failed after the crashes', campaign.failed_count, 'as without crashes', reached.failed),
  ]
}

function differs(name: string, value: number, otherName: string, other: number): string[] {
  return value === other ? [] : [`${name}: ${value}, but ${otherName}: ${other}`]
}
