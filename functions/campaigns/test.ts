/** POST /api/campaigns/{campaign_id}/test and its twin in the workspace. */
import { CampaignTestRequest, sendTest } from '../../shared/campaigns/send-test.ts'
import { MessageResponse, messageResponse } from '../../shared/messages/api.ts'
import { onCampaign } from './both-paths.ts'

export const [testCampaignEndpoint, testWorkspaceCampaignEndpoint] = onCampaign({
  name: 'test',
  summary: 'Send the message of a campaign to one number, for a look at it',
  description:
    'A single message, with all the rules of one: it counts in none of the campaign’s figures, and the person is still ' +
    'sent the campaign. Its values are those of `contact_id`, or the fallbacks, or the samples of the template.',
  method: 'POST',
  suffix: '/test',
  allow: 'member',
  idempotent: true,
  body: CampaignTestRequest,
  responses: { 201: MessageResponse },
  errors: [
    'workspace_suspended',
    'plan_limit_reached',
    'phone_number_not_active',
    'template_not_approved',
    'contact_opted_out',
  ],
  async handle(deps, workspaceId, campaignId, body) {
    return { status: 201, body: messageResponse(await sendTest(deps, workspaceId, campaignId, body)) }
  },
})
