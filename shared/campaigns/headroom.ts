/** How fast a campaign's number may send now, and how many people its portfolio may still write to. */
import type { Deps } from '../deps.ts'
import { campaignRate } from '../pace/pacer.ts'
import { usersCounted } from '../pace/portfolio.ts'
import { phoneNumberOrNone } from '../phone-numbers/find.ts'
import { portfolioOf, ratePerSecond, usersPerDay } from '../phone-numbers/schema.ts'
import type { CampaignPreflight } from './preflight-api.ts'
import type { Campaign } from './schema.ts'

export interface Headroom {
  number: NonNullable<CampaignPreflight['number']>
  portfolio: NonNullable<CampaignPreflight['portfolio']>
}

/** Undefined where the number is gone. */
export async function headroomOf(
  deps: Pick<Deps, 'containers' | 'paceTable' | 'now'>,
  { workspace_id, phone_number_id }: Campaign,
): Promise<Headroom | undefined> {
  const phoneNumber = await phoneNumberOrNone(deps, workspace_id, phone_number_id)
  if (!phoneNumber) return undefined
  const allowed = ratePerSecond(phoneNumber)
  const limit = usersPerDay(phoneNumber)
  const [rate, used] = await Promise.all([
    campaignRate(deps, phoneNumber.meta_id, allowed),
    limit === undefined ? undefined : usersCounted(deps, portfolioOf(phoneNumber), limit),
  ])
  const { status, quality_rating, tier } = phoneNumber
  return {
    number: { status, quality_rating, allowed_per_second: allowed, rate_per_second: Math.round(rate * 10) / 10 },
    portfolio: {
      tier,
      limit: limit ?? null,
      used: used ?? null,
      left: limit === undefined || used === undefined ? null : Math.max(0, limit - used),
    },
  }
}
