/** Tells the endpoints of each workspace about statuses that were applied, once they are stored. */
import type { Deps } from '../deps.ts'
import { recipientMessageId, type WorkspaceId } from '../ids.ts'
import type { Report } from '../messages/status.ts'
import type { StatusFact } from '../recipients/fact-row.ts'
import { publishStatuses, type StatusChange } from '../webhook-endpoints/statuses.ts'
import { errorRule } from '../whatsapp/error-actions.ts'
import { priceOf } from '../whatsapp/pricing.ts'

interface Applied {
  byCampaign: ReadonlyMap<string, { workspaceId: WorkspaceId; campaignId: string; facts: readonly StatusFact[] }>
  byMessage: ReadonlyMap<string, { workspaceId: WorkspaceId; reports: readonly Report[] }>
}

/** Where nobody listens, nothing is put together. */
export async function tellStatuses(deps: Pick<Deps, 'events' | 'now'>, applied: Applied): Promise<void> {
  const groups = [...applied.byCampaign.values(), ...applied.byMessage.values()]
  for (const workspaceId of new Set(groups.map((group) => group.workspaceId))) {
    if (!(await deps.events.isListening(workspaceId, 'message.status'))) continue
    await publishStatuses(deps, workspaceId, changesOf(workspaceId, applied))
  }
}

function changesOf(workspaceId: WorkspaceId, { byCampaign, byMessage }: Applied): StatusChange[] {
  const campaigns = [...byCampaign.values()].filter((group) => group.workspaceId === workspaceId)
  const messages = [...byMessage].filter(([, group]) => group.workspaceId === workspaceId)
  const changes = [
    ...campaigns.flatMap(({ campaignId, facts }) => facts.map((fact) => ofFact(campaignId, fact))),
    ...messages.flatMap(([id, { reports }]) => reports.map((report) => changeOf(id, null, report))),
  ]
  // Meta repeats itself.
  const once = new Map(changes.map((change) => [`${change.message_id} ${change.status}`, change]))
  return [...once.values()]
}

function ofFact(campaignId: string, { page, position, at, price, ...rest }: StatusFact): StatusChange {
  const id = recipientMessageId({ campaignId, page, position })
  return changeOf(id, campaignId, {
    ...rest,
    at: new Date(at * 1000).toISOString(),
    price: price === undefined ? undefined : priceOf(price),
  })
}

function changeOf(
  message_id: string,
  campaign_id: string | null,
  { kind, at, code, price }: Pick<Report, 'kind' | 'at' | 'code' | 'price'>,
): StatusChange {
  const error = kind === 'failed' ? { code, reason: errorRule(code).reason } : null
  return { message_id, campaign_id, status: kind, at, error, price: price ?? null }
}
