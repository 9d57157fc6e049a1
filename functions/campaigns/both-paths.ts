/** What is done to one campaign, under both path families. */
import { inBothPaths } from '../both-paths.ts'

export const onCampaign = inBothPaths({
  plural: 'campaigns',
  param: 'campaign_id',
  notFound: 'campaign_not_found',
  nestedName: (name) => `workspace-campaigns-${name}`,
})
