/** The campaigns of a number that people may still answer. */
import * as z from 'zod'
import type { Deps } from '../deps.ts'
import type { WorkspaceId } from '../ids.ts'

/** Answers come within days. */
const MOST_AGE_MS = 30 * 24 * 60 * 60_000
const MOST_CAMPAIGNS = 20

const Recent = z.object({ id: z.string(), pages: z.int(), planned_at: z.string().nullable() })
export type RecentCampaign = z.output<typeof Recent>

/** Those that began to send within thirty days, the latest first. One request. */
export function recentCampaigns(
  { containers: { core }, now }: Pick<Deps, 'containers' | 'now'>,
  workspaceId: WorkspaceId,
  phoneNumberId: string,
): Promise<RecentCampaign[]> {
  return core.query(
    {
      text:
        "SELECT c.id, c.pages, c.planned_at FROM c WHERE c.type = 'campaign' AND c.phone_number_id = @number " +
        'AND IS_STRING(c.started_at) AND c.started_at > @since ORDER BY c.created_at DESC OFFSET 0 LIMIT @most',
      parameters: {
        number: phoneNumberId,
        since: new Date(now().getTime() - MOST_AGE_MS).toISOString(),
        most: MOST_CAMPAIGNS,
      },
      partition: workspaceId,
      maxItems: MOST_CAMPAIGNS,
    },
    (row) => Recent.parse(row),
  )
}
