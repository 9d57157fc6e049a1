/** A campaign taken by hand, and what Meta reports of it later. */
import { conductCampaign } from '../../shared/campaigns/conduct.ts'
import { executeCampaign } from '../../shared/campaigns/execute.ts'
import { planCampaign } from '../../shared/campaigns/plan.ts'
import { recipientMessageId } from '../../shared/ids.ts'
import { sendPage } from '../../shared/recipients/send-page.ts'
import { applyStatuses } from '../../shared/webhooks/apply-statuses.ts'
import type { CampaignWorld } from './campaign-world.ts'

/** Sending, with its first pages in the test's hands. */
export async function aSendingCampaign(w: CampaignWorld): Promise<string> {
  const id = await w.aCampaign()
  await executeCampaign(w.deps, w.workspaceId, id)
  for (const message of w.taken('campaign-planning')) await planCampaign(w.deps, message)
  await takeTurn(w)
  return id
}

/** The conductor's. */
export async function takeTurn(w: CampaignWorld): Promise<void> {
  for (const message of w.taken('campaign-release')) await conductCampaign(w.deps, message)
}

export async function sendPages(w: CampaignWorld): Promise<void> {
  for (const message of w.taken('outbound-sends')) await sendPage(w.deps, message)
}

export async function pauseReasonOf(w: CampaignWorld, id: string): Promise<string | null> {
  const campaign = await w.counters(id)
  return campaign.state === 'paused' ? campaign.pause_reason : `not paused but ${campaign.status}`
}

interface When {
  deps?: CampaignWorld['deps']
  secondsAgo?: number
}

/** Meta reports later that messages of the first page failed. `code` undefined: it gives no reason. */
export async function reportFailed(
  w: CampaignWorld,
  id: string,
  failure: { code: number | undefined; positions?: number[] },
  { deps = w.deps, secondsAgo = 0 }: When = {},
): Promise<void> {
  const { code, positions = [0] } = failure
  const statuses = positions.map((position) => ({
    id: `wamid.${position}`,
    status: 'failed',
    timestamp: String(Math.ceil(Date.now() / 1000) - secondsAgo),
    biz_opaque_callback_data: recipientMessageId({ campaignId: id, page: 0, position }),
    ...(code === undefined ? {} : { errors: [{ code }] }),
  }))
  const value = { metadata: { phone_number_id: w.simulator.phoneNumberId }, statuses }
  const change = { entry_id: w.simulator.wabaId, entry_time: null, field: 'messages', value }
  await applyStatuses(deps, { received_at: new Date().toISOString(), changes: [change] })
}
