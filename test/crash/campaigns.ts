/** The campaigns of a run: started together, followed to their end, and compared with what WhatsApp saw of each. */
import type { ApiClient } from '../../local/demo/api-client.ts'
import {
  createCampaign,
  executeCampaign,
  followCampaign,
  getCampaign,
  retryUncertain,
  type Campaign,
} from '../../local/demo/campaign.ts'
import { campaignProblems, type CampaignOutcome } from '../../local/demo/checks.ts'
import type { Prepared } from '../../local/demo/prepare.ts'
import { isAsReported, settle } from '../../local/demo/settle.ts'
import { whatsappRecord, type WhatsappRecord } from '../../local/stack/measure.ts'
import { recipientMessageId } from '../../shared/ids.ts'
import { PASSING_CODES } from './weather.ts'

export interface Running {
  api: ApiClient
  id: string
  /** Of this campaign's messages alone. */
  record: WhatsappRecord
}

export async function startCampaigns(
  api: ApiClient,
  simulatorUrl: string,
  prepared: Prepared,
  count: number,
): Promise<Running[]> {
  const created: Campaign[] = []
  for (let number = 0; number < count; number++) created.push(await createCampaign(api, prepared))
  await Promise.all(created.map(({ id }) => executeCampaign(api, id)))
  return created.map(({ id }) => ({ api, id, record: whatsappRecord(simulatorUrl, callbackPrefix(id)) }))
}

/** What Meta gets with a message ends with the page and the position in it (shared/ids.ts): eight letters. */
function callbackPrefix(campaignId: string): string {
  return recipientMessageId({ campaignId, page: 0, position: 0 }).slice(0, -8)
}

/** Says now and then how far they are, so that a run that hangs tells where. */
export async function untilCompleted(campaigns: readonly Running[], withinMs: number): Promise<void> {
  await Promise.all(
    campaigns.map(({ api, id }, index) => {
      let saidAt = performance.now()
      return followCampaign(api, id, withinMs, (campaign) => {
        if (performance.now() - saidAt < SAID_EVERY_MS) return
        saidAt = performance.now()
        console.log(`  campaign ${index + 1}: ${progressOf(campaign)}`)
      })
    }),
  )
}

const SAID_EVERY_MS = 20_000

function progressOf({ status, sent_count, failed_count, uncertain_count, pending_count, ...rest }: Campaign): string {
  const held = rest.held_until ? `, held until ${rest.held_until}: ${rest.hold_reason ?? ''}` : ''
  return `${status}, sent ${sent_count}, failed ${failed_count}, uncertain ${uncertain_count}, pending ${pending_count}${held}`
}

/** When Meta has told everything, the counters must say so. Reads the ledger last: nothing may be sent meanwhile. */
export async function outcomeOf({ api, id, record }: Running): Promise<CampaignOutcome> {
  const settled = await settle(api, id, record, () => undefined)
  const [ledger, surely, perhaps] = await Promise.all([
    record.ledger(),
    record.refusedForGood(PASSING_CODES),
    record.refusedForGood(),
  ])
  // Passing trouble that lasts for all tries also ends as failed: then the ledger must have refused that person.
  const { campaign, counts } = settled
  const notTaken = campaign.failed_count - counts.reported.reached.failed
  return { ...settled, ledger, refusedForGood: Math.min(Math.max(notTaken, surely), perhaps) }
}

export function problemsOf(outcomes: readonly CampaignOutcome[]): string[] {
  return outcomes.flatMap((outcome, index) =>
    campaignProblems(outcome).map((problem) => `campaign ${index + 1}: ${problem}`),
  )
}

/** A person sends again to those of whom Meta never reported. Returns how many that were. */
export async function sendAgainToUncertain(
  campaigns: readonly Running[],
  outcomes: readonly CampaignOutcome[],
  { waitSeconds, withinMs }: { waitSeconds: number; withinMs: number },
): Promise<number> {
  let uncertain = 0
  for (const [index, { api, id }] of campaigns.entries()) {
    const outcome = outcomes[index]
    // Sending again while a report is missing could reach somebody twice; the checks tell that it is missing.
    if (!outcome || outcome.campaign.uncertain_count === 0 || !isAsReported(outcome.campaign, outcome.counts)) continue
    uncertain += outcome.campaign.uncertain_count
    await retryUncertain(api, await getCampaign(api, id), waitSeconds)
  }
  await untilCompleted(campaigns, withinMs)
  return uncertain
}
