/**
 * Statuses go on arriving after a campaign came to rest: people read their messages hours later. Its stored counters,
 * which lists show, are brought up to date from the facts at growing intervals, for a week.
 */
import { isDeepStrictEqual } from 'node:util'
import type { Deps } from '../deps.ts'
import type { QueueMessage } from '../queue/messages.ts'
import { changing } from './changing.ts'
import { readLedger } from './counters.ts'
import type { Campaign } from './schema.ts'

/** Each interval is twice the one before: 10 minutes, 20 … The stored counters are older than half the rest at no time. */
export const FIRST_REFRESH_SECONDS = 600
const REFRESHES = 10

type Message = QueueMessage<'campaign-release'>

/** Queued before the write that brings the campaign to rest: it does nothing unless that write lands. */
export async function startRefreshing({ queues }: Pick<Deps, 'queues'>, campaign: Campaign): Promise<void> {
  const { workspace_id, id, execution_id } = campaign
  if (execution_id === null) return
  const first: Message = { workspace_id, campaign_id: id, execution_id, turn: 0, refresh: 0 }
  await queues.send('campaign-release', first, { delaySeconds: FIRST_REFRESH_SECONDS })
}

/** Safe to run twice. Once the campaign moves again, its next rest starts anew. */
export async function refreshCounters(
  deps: Pick<Deps, 'containers' | 'queues' | 'factsTable'>,
  campaign: Campaign,
  message: Message,
): Promise<void> {
  if (campaign.in_motion || campaign.counters === null) return
  const { counts } = await readLedger(deps, campaign.workspace_id, campaign.id, campaign.pages)
  if (!isDeepStrictEqual(campaign.counters, counts)) {
    await changing(deps, campaign.workspace_id, campaign.id, (current) =>
      current.execution_id === campaign.execution_id ? { ...current, counters: counts } : current,
    )
  }
  const refresh = (message.refresh ?? 0) + 1
  if (refresh >= REFRESHES) return
  await deps.queues.send(
    'campaign-release',
    { ...message, refresh },
    { delaySeconds: FIRST_REFRESH_SECONDS * 2 ** refresh },
  )
}
