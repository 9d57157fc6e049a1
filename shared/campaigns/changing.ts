/** One change of a campaign that other requests and workers change too. */
import { retryingConflicts } from '../conflicts.ts'
import type { Deps } from '../deps.ts'
import type { WorkspaceId } from '../ids.ts'
import type { Campaign } from './schema.ts'
import { campaignStore } from './store.ts'

/** What a person changes about a campaign in the same write as its state. Throws where it may not be changed. */
export type Edit = (campaign: Campaign) => Campaign

export const unedited: Edit = (campaign) => campaign

/** Reads, decides and writes; decides anew when somebody else wrote in between. `decide` returns its input to leave it. */
export function changing(
  deps: Pick<Deps, 'containers'> & Partial<Pick<Deps, 'backOff'>>,
  workspaceId: WorkspaceId,
  campaignId: string,
  decide: (campaign: Campaign) => Campaign,
): Promise<Campaign> {
  const campaigns = campaignStore(deps)
  return retryingConflicts(async () => {
    const stored = await campaigns.get(workspaceId, campaignId)
    const next = decide(stored.value)
    return next === stored.value ? next : (await campaigns.replace(stored, next)).value
  }, deps.backOff)
}
