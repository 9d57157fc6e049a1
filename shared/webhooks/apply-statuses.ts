/** Applies what Meta reports about messages: each status becomes a fact of its recipient, in grouped writes. */
import { z } from 'zod'
import type { Deps } from '../deps.ts'
import { belongsTo, recipientAddress, type WorkspaceId } from '../ids.ts'
import type { NumberOwner } from '../phone-numbers/owners.ts'
import type { QueueMessage } from '../queue/messages.ts'
import type { StatusFact } from '../recipients/fact-row.ts'
import type { Fact } from '../recipients/fact-writer.ts'
import { PAGE_SIZE } from '../recipients/page.ts'
import { loadChanges } from './load.ts'
import { park } from './park.ts'
import type { Change } from './split.ts'

const StatusChange = z.looseObject({
  metadata: z.looseObject({ phone_number_id: z.string() }),
  statuses: z.array(z.unknown()),
})

/** Facts keep times and codes in 32 bits. */
const MOST = 0xffff_ffff
const Code = z.coerce.number().int().min(0).max(MOST)

const Status = z.object({
  status: z.enum(['sent', 'delivered', 'read', 'played', 'failed']),
  timestamp: z.coerce.number().int().positive().max(MOST),
  biz_opaque_callback_data: z.string(),
  // A failure counts whatever its reason looks like.
  errors: z.array(z.object({ code: Code })).catch([]),
})

type StatusDeps = Pick<Deps, 'containers' | 'blobs' | 'log' | 'now' | 'facts' | 'numberOwners'>

/** Applying an event twice changes nothing, so a repeated queue message is harmless. */
export async function applyStatuses(deps: StatusDeps, message: QueueMessage<'webhook-statuses'>): Promise<void> {
  const byCampaign = new Map<string, CampaignFacts>()
  const unusable: Change[] = []
  const ownerOf = rememberedOwners(deps)
  for (const change of await loadChanges(deps, message)) {
    const parsed = StatusChange.safeParse(change.value)
    const owner = parsed.success ? await ownerOf(parsed.data.metadata.phone_number_id) : undefined
    if (!parsed.success || !owner) {
      unusable.push(change)
      continue
    }
    const odd = parsed.data.statuses.filter((item) => !addFact(byCampaign, item, owner.workspaceId))
    if (odd.length > 0) unusable.push({ ...change, value: { ...parsed.data, statuses: odd } })
  }
  await Promise.all(
    [...byCampaign.values()].map((group) => deps.facts.write(group.workspaceId, group.campaignId, group.facts)),
  )
  if (unusable.length > 0) await park(deps, 'status', JSON.stringify(unusable))
}

/** One message often tells many changes of the same number, known to us or not. */
function rememberedOwners({ numberOwners }: StatusDeps): (metaId: string) => Promise<NumberOwner | undefined> {
  const asked = new Map<string, Promise<NumberOwner | undefined>>()
  return (metaId) => {
    const owner = asked.get(metaId) ?? numberOwners.find(metaId)
    asked.set(metaId, owner)
    return owner
  }
}

interface CampaignFacts {
  workspaceId: WorkspaceId
  campaignId: string
  facts: Fact[]
}

/** False if the status names no campaign recipient of this workspace. */
function addFact(byCampaign: Map<string, CampaignFacts>, item: unknown, workspaceId: WorkspaceId): boolean {
  const status = readStatus(item, workspaceId)
  if (!status) return false
  const { campaignId, fact } = status
  const group = byCampaign.get(campaignId) ?? { workspaceId, campaignId, facts: [] }
  byCampaign.set(campaignId, group)
  group.facts.push({ status: fact })
  return true
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
      code: errors[0]?.code ?? 0,
    },
  }
}
