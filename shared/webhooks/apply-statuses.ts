/** Applies what Meta reports about messages: each status becomes a fact of its recipient, in grouped writes. */
import { z } from 'zod'
import type { Deps } from '../deps.ts'
import { belongsTo, recipientAddress, type WorkspaceId } from '../ids.ts'
import type { QueueMessage } from '../queue/messages.ts'
import type { StatusFact } from '../recipients/fact-row.ts'
import type { Fact } from '../recipients/fact-writer.ts'
import { PAGE_SIZE } from '../recipients/page.ts'
import { loadChanges } from './load.ts'
import { park } from './park.ts'

const StatusChange = z.object({
  metadata: z.object({ phone_number_id: z.string() }),
  statuses: z.array(z.unknown()),
})

const Status = z.object({
  status: z.enum(['sent', 'delivered', 'read', 'played', 'failed']),
  timestamp: z.coerce.number().int().positive(),
  biz_opaque_callback_data: z.string(),
  errors: z.array(z.object({ code: z.number() })).optional(),
})

type StatusDeps = Pick<Deps, 'containers' | 'blobs' | 'log' | 'now' | 'facts' | 'numberOwners'>

/** Applying an event twice changes nothing, so a repeated queue message is harmless. */
export async function applyStatuses(deps: StatusDeps, message: QueueMessage<'webhook-statuses'>): Promise<void> {
  const byCampaign = new Map<string, { workspaceId: WorkspaceId; campaignId: string; facts: Fact[] }>()
  const unusable: unknown[] = []
  for (const change of await loadChanges(deps, message)) {
    const parsed = StatusChange.safeParse(change.value)
    const owner = parsed.success ? await deps.numberOwners.find(parsed.data.metadata.phone_number_id) : undefined
    if (!parsed.success || !owner) {
      unusable.push(change)
      continue
    }
    for (const item of parsed.data.statuses) {
      const status = readStatus(item, owner.workspaceId)
      if (!status) {
        unusable.push({ ...change, value: { ...parsed.data, statuses: [item] } })
        continue
      }
      const group = byCampaign.get(status.campaignId) ?? { ...owner, campaignId: status.campaignId, facts: [] }
      byCampaign.set(status.campaignId, group)
      group.facts.push({ status: status.fact })
    }
  }
  await Promise.all(
    [...byCampaign.values()].map((group) => deps.facts.write(group.workspaceId, group.campaignId, group.facts)),
  )
  if (unusable.length > 0) await park(deps, 'status', JSON.stringify(unusable))
}

interface RecipientStatus {
  campaignId: string
  fact: StatusFact
}

/**
 * The fact a status stands for, or undefined if it names no campaign recipient of this workspace. The workspace comes
 * from the number Meta reports for: an id of somebody else's campaign, sent with the owner's own token, leads nowhere.
 */
function readStatus(item: unknown, workspaceId: WorkspaceId): RecipientStatus | undefined {
  const parsed = Status.safeParse(item)
  const address = parsed.success ? recipientAddress(parsed.data.biz_opaque_callback_data) : undefined
  if (!parsed.success || !address || address.position >= PAGE_SIZE) return undefined
  if (!belongsTo(workspaceId, address.campaignId)) return undefined
  const { status, timestamp, errors } = parsed.data
  return {
    campaignId: address.campaignId,
    fact: {
      page: address.page,
      position: address.position,
      // A voice message that was played was read.
      kind: status === 'played' ? 'read' : status,
      at: timestamp,
      code: errors?.[0]?.code ?? 0,
    },
  }
}
