/** One change of a campaign that other requests and workers change too. */
import type { Deps } from '../deps.ts'
import { isConflict } from '../errors.ts'
import type { WorkspaceId } from '../ids.ts'
import type { Campaign } from './schema.ts'
import { campaignStore } from './store.ts'

const ATTEMPTS = 10

/** Reads, decides and writes; decides anew when somebody else wrote in between. */
export async function changing(
  deps: Pick<Deps, 'containers'>,
  workspaceId: WorkspaceId,
  campaignId: string,
  decide: (campaign: Campaign) => Campaign,
): Promise<Campaign> {
  const campaigns = campaignStore(deps)
  for (let attempt = 1; ; attempt++) {
    const stored = await campaigns.get(workspaceId, campaignId)
    const next = decide(stored.value)
    if (next === stored.value) return next
    try {
      return (await campaigns.replace(stored, next)).value
    } catch (error) {
      if (!isConflict(error) || attempt >= ATTEMPTS) throw error
    }
  }
}
