/** Waits until WhatsApp has reported all it has to report and the campaign's counters show it. */
import type { WhatsappRecord, WebhookCounts } from '../stack/measure.ts'
import type { ApiClient } from './api-client.ts'
import { getCampaign, type Campaign } from './campaign.ts'
import { setTimeout as delay } from 'node:timers/promises'

const QUIET_WITHIN_MS = 180_000
/** Counters that stay wrong for so long will not become right by themselves: a killed host's messages are back by then. */
const STILL_FOR_MS = 20_000
const LOOK_EVERY_MS = 200

export interface Settled {
  campaign: Campaign
  counts: WebhookCounts
}

/** Also returns when the counters stopped changing without being right: what is wrong is told by the checks. */
export async function settle(
  api: ApiClient,
  campaignId: string,
  record: WhatsappRecord,
  show: (campaign: Campaign) => void,
): Promise<Settled> {
  await record.quiet(QUIET_WITHIN_MS)
  const counts = await record.counts()
  let before = ''
  let changedAt = performance.now()
  for (;;) {
    const campaign = await getCampaign(api, campaignId)
    show(campaign)
    const now = JSON.stringify(campaign)
    if (now !== before) changedAt = performance.now()
    before = now
    if (isAsReported(campaign, counts) || performance.now() - changedAt > STILL_FOR_MS) return { campaign, counts }
    await delay(LOOK_EVERY_MS)
  }
}

/** Who was accepted either failed afterwards or counts as sent. */
export function isAsReported(campaign: Campaign, { accepted, reported: { reached } }: WebhookCounts): boolean {
  return (
    campaign.sent_count === accepted - reached.failed &&
    campaign.delivered_count === reached.delivered &&
    campaign.read_count === reached.read
  )
}
