/** The queues a campaign lives on, and the real verbs that handle them, as functions/queues.ts registers them. */
import { conductCampaign } from '../../shared/campaigns/conduct.ts'
import { planCampaign } from '../../shared/campaigns/plan.ts'
import { sendPages } from '../../shared/recipients/send-pages.ts'
import { applyStatuses } from '../../shared/webhooks/apply-statuses.ts'
import type { Handlers } from './ports/queues.ts'

export const HANDLERS: Handlers = {
  'campaign-planning': planCampaign,
  'campaign-release': conductCampaign,
  'outbound-sends': sendPages,
  'webhook-statuses': applyStatuses,
}
