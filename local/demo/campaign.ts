/** A campaign as a client sees it: made, started, followed, and sent again to those whose fate stayed unknown. */
import { setTimeout as delay } from 'node:timers/promises'
import * as z from 'zod'
import type { ApiClient } from './api-client.ts'
import { poll } from './poll.ts'
import type { Prepared } from './prepare.ts'

export const Campaign = z.object({
  id: z.string(),
  status: z.string(),
  pause_reason: z.string().nullish(),
  held_until: z.string().nullish(),
  hold_reason: z.string().nullish(),
  completed_at: z.string().nullish(),
  total_contacts: z.int(),
  sent_count: z.int(),
  delivered_count: z.int(),
  read_count: z.int(),
  failed_count: z.int(),
  skipped_count: z.int(),
  cancelled_count: z.int(),
  uncertain_count: z.int(),
  pending_count: z.int(),
  failures: z.array(z.object({ code: z.int(), reason: z.string(), count: z.int() })),
})
export type Campaign = z.output<typeof Campaign>

const FOLLOW_EVERY_MS = 1000

export async function createCampaign(api: ApiClient, { workspaceId, phoneNumberId, templateId }: Prepared) {
  return api.post(Campaign, '/api/campaigns', {
    workspace_id: workspaceId,
    phone_number_id: phoneNumberId,
    template_id: templateId,
    name: 'Spring greeting',
    variables: { 'body.1': { field: 'name', fallback: 'there' } },
  })
}

export function executeCampaign(api: ApiClient, id: string): Promise<Campaign> {
  return api.post(Campaign, `/api/campaigns/${id}/execute`)
}

export function getCampaign(api: ApiClient, id: string): Promise<Campaign> {
  return api.get(Campaign, `/api/campaigns/${id}`)
}

/** Tells `show` how it goes until it is completed; throws if it stops before, or takes longer than `withinMs`. */
export function followCampaign(
  api: ApiClient,
  id: string,
  withinMs: number,
  show: (campaign: Campaign) => void,
): Promise<Campaign> {
  const look = async (): Promise<Campaign> => {
    const campaign = await getCampaign(api, id)
    show(campaign)
    if (campaign.status !== 'SENDING' && campaign.status !== 'COMPLETED') {
      throw new Error(`The campaign became ${campaign.status}: ${campaign.pause_reason ?? 'no reason given'}`)
    }
    return campaign
  }
  return poll(look, ({ status }) => status === 'COMPLETED', {
    everyMs: FOLLOW_EVERY_MS,
    withinMs,
    what: 'the campaign to complete',
  })
}

/** What a person does once Meta has had time to report on them: names the uncertain, and has them sent again. */
export async function retryUncertain(api: ApiClient, campaign: Campaign, waitSeconds: number): Promise<void> {
  const waitUntil = Date.parse(campaign.completed_at ?? '') + waitSeconds * 1000
  await delay(Math.max(0, waitUntil - Date.now()) + 100)
  await api.post(Campaign, `/api/campaigns/${campaign.id}/retry`, { statuses: ['uncertain'] })
}
