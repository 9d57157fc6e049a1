/** GET /api/campaigns/{campaign_id}/recipients and its twin in the workspace. */
import { RecipientListResponse, RecipientQuery, recipientsPage } from '../../shared/campaigns/recipients.ts'
import { onCampaign } from './both-paths.ts'

export const [campaignRecipientsEndpoint, workspaceCampaignRecipientsEndpoint] = onCampaign({
  name: 'recipients',
  summary: 'The recipients of a campaign, with what became of each',
  description:
    'In the order they are sent to. One request looks through a bounded part of the campaign: with a filter that few ' +
    'match, a page can hold fewer than `limit` and still have a `next_cursor`.',
  method: 'GET',
  suffix: '/recipients',
  allow: 'member',
  query: RecipientQuery,
  responses: { 200: RecipientListResponse },
  async handle(deps, workspaceId, campaignId, query) {
    return { status: 200, body: await recipientsPage(deps, workspaceId, campaignId, query) }
  },
})
