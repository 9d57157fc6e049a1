/**
 * Applies what Meta reports about messages: for a campaign's, each status becomes a fact of its recipient, in grouped
 * writes; for a single message, all of its statuses are one write. The id that Meta got with the message tells which.
 */
import * as z from 'zod'
import type { Deps } from '../deps.ts'
import { belongsTo, conversationOf, recipientAddress, type RecipientAddress, type WorkspaceId } from '../ids.ts'
import { applyMessageReports } from '../messages/apply-status.ts'
import type { Report } from '../messages/status.ts'
import type { NumberOwner } from '../phone-numbers/owners.ts'
import type { QueueMessage } from '../queue/messages.ts'
import type { StatusFact } from '../recipients/fact-row.ts'
import { parseCallbackData } from '../recipients/callback.ts'
import { PAGE_SIZE } from '../recipients/page.ts'
import { priceLetter, ToldPrice } from '../whatsapp/pricing.ts'
import { followFailures } from './follow-failures.ts'
import { loadChanges } from './load.ts'
import { park } from './park.ts'
import type { Change } from './split.ts'
import { tellReports } from './tell-reports.ts'
import { tellStatuses } from './tell-statuses.ts'

const StatusChange = z.looseObject({
  metadata: z.looseObject({ phone_number_id: z.string() }),
  statuses: z.array(z.unknown()),
})

/** Facts keep times and codes in 32 bits. */
const MOST = 0xffff_ffff
const Code = z.coerce.number().int().min(0).max(MOST)

/** A shape we do not know tells nothing. */
const ToldConversation = z
  .object({
    id: z.string(),
    origin: z.object({ type: z.string() }).optional().catch(undefined),
    expiration_timestamp: z.coerce.number().int().positive().max(MOST).optional().catch(undefined),
  })
  .transform(({ id, origin, expiration_timestamp: seconds }) => {
    return { id, origin: origin?.type ?? null, expires_at: seconds === undefined ? null : timeOf(seconds) }
  })
  .optional()
  .catch(undefined)

const Status = z.object({
  id: z.string().optional().catch(undefined),
  status: z.enum(['sent', 'delivered', 'read', 'played', 'failed']),
  timestamp: z.coerce.number().int().positive().max(MOST),
  biz_opaque_callback_data: z.string(),
  pricing: ToldPrice,
  conversation: ToldConversation,
  // A failure counts whatever its reason looks like. Most statuses have none, and a caught problem costs more than the rest.
  errors: z
    .array(z.object({ code: Code }))
    .default([])
    .catch([]),
})

type StatusDeps = Pick<
  Deps,
  'containers' | 'blobs' | 'log' | 'now' | 'facts' | 'gates' | 'numberOwners' | 'events' | 'queues' | 'telemetry'
>

/** Applying an event twice changes nothing, so a repeated queue message is harmless. */
export async function applyStatuses(deps: StatusDeps, message: QueueMessage<'webhook-statuses'>): Promise<void> {
  const groups: Groups = { byCampaign: new Map(), byMessage: new Map() }
  const unusable: Change[] = []
  const ownerOf = rememberedOwners(deps)
  for (const change of await loadChanges(deps, message)) {
    const parsed = StatusChange.safeParse(change.value)
    const owner = parsed.success ? await ownerOf(parsed.data.metadata.phone_number_id) : undefined
    if (!parsed.success || !owner) {
      unusable.push(change)
      continue
    }
    const odd = await addStatuses(deps, groups, { ...change, value: parsed.data }, owner)
    if (odd.length > 0) unusable.push({ ...change, value: { ...parsed.data, statuses: odd } })
  }
  tellReports(deps, () => [...groups.byCampaign.values(), ...groups.byMessage.values()].flatMap(reportsIn))
  const [facts, unknown] = await Promise.allSettled([
    Promise.all(
      [...groups.byCampaign.values()].map(async ({ workspaceId, campaignId, facts }) => {
        const told = facts.map((status) => ({ status }))
        await deps.facts.write(workspaceId, campaignId, told)
        await followFailures(deps, workspaceId, campaignId, facts)
      }),
    ),
    applyToMessages(deps, groups.byMessage),
  ])
  // Everything else is stored, and the queue delivers what is not again.
  if (facts.status === 'rejected') throw facts.reason
  if (unknown.status === 'rejected') throw unknown.reason
  await tellStatuses(deps, groups)
  unusable.push(...unknown.value)
  if (unusable.length > 0) await park(deps, 'status', JSON.stringify(unusable))
}

/** Those that name no message of the number's workspace, or of the one that it came to within the last minute. */
async function addStatuses(
  { numberOwners }: Pick<StatusDeps, 'numberOwners'>,
  groups: Groups,
  change: Change & { value: z.output<typeof StatusChange> },
  { workspaceId }: NumberOwner,
): Promise<unknown[]> {
  const { value } = change
  const notOf = (id: WorkspaceId, statuses: readonly unknown[]): unknown[] =>
    statuses.filter(
      (item) => !addStatus(groups, { item, change: { ...change, value: { ...value, statuses: [item] } } }, id),
    )
  const odd = notOf(workspaceId, value.statuses)
  if (odd.length === 0) return odd
  const current = await numberOwners.findNow(value.metadata.phone_number_id)
  return current && current.workspaceId !== workspaceId ? notOf(current.workspaceId, odd) : odd
}

/** Writes to single messages at a time: a webhook may hold thousands. */
const AT_ONCE = 32

/** The changes about messages that do not exist: out of the map. One that fails does not keep the others from theirs. */
async function applyToMessages(deps: StatusDeps, byMessage: Groups['byMessage']): Promise<Change[]> {
  const unknown: Change[] = []
  const failures: unknown[] = []
  const entries = [...byMessage]
  while (entries.length > 0) {
    const turns = entries.splice(0, AT_ONCE).map(async ([id, { workspaceId, reports, changes }]) => {
      const isKnown = await applyMessageReports(deps, workspaceId, id, reports)
      if (isKnown) return
      unknown.push(...changes)
      byMessage.delete(id)
    })
    for (const turn of await Promise.allSettled(turns)) if (turn.status === 'rejected') failures.push(turn.reason)
  }
  if (failures.length > 0) throw new Error(`Statuses of ${failures.length} message(s) failed`, { cause: failures[0] })
  return unknown
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
  facts: StatusFact[]
}

interface MessageReports {
  workspaceId: WorkspaceId
  reports: Report[]
  /** To be kept if there is no such message. */
  changes: Change[]
}

interface Groups {
  byCampaign: Map<string, CampaignFacts>
  byMessage: Map<string, MessageReports>
}

function reportsIn(group: CampaignFacts | MessageReports): readonly { kind: string; code: number }[] {
  return 'facts' in group ? group.facts : group.reports
}

/** A status, and the change that tells nothing else. */
interface Told {
  item: unknown
  change: Change
}

/**
 * False if the status names no message of this workspace. The workspace comes from the number Meta reports for: an id
 * of somebody else's message, sent with the owner's own token, leads nowhere.
 */
function addStatus({ byCampaign, byMessage }: Groups, { item, change }: Told, workspaceId: WorkspaceId): boolean {
  const parsed = Status.safeParse(item)
  if (!parsed.success) return false
  const { id, round } = parseCallbackData(parsed.data.biz_opaque_callback_data)
  if (conversationOf(workspaceId, id) !== undefined) {
    const group = byMessage.get(id) ?? { workspaceId, reports: [], changes: [] }
    byMessage.set(id, group)
    group.reports.push(reportOf(parsed.data))
    group.changes.push(change)
    return true
  }
  const address = recipientAddress(id)
  if (!address || address.position >= PAGE_SIZE || !belongsTo(workspaceId, address.campaignId)) return false
  const { campaignId } = address
  const group = byCampaign.get(campaignId) ?? { workspaceId, campaignId, facts: [] }
  byCampaign.set(campaignId, group)
  group.facts.push({ ...factOf(parsed.data, address), round })
  return true
}

function factOf(status: z.output<typeof Status>, { page, position }: RecipientAddress): StatusFact {
  const price = status.pricing && priceLetter(status.pricing)
  return { page, position, kind: kindOf(status), at: status.timestamp, code: status.errors[0]?.code ?? 0, price }
}

function reportOf(status: z.output<typeof Status>): Report {
  const { id: wamid, pricing: price, conversation, errors } = status
  return { kind: kindOf(status), at: timeOf(status.timestamp), code: errors[0]?.code ?? 0, wamid, price, conversation }
}

function timeOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString()
}

/** A voice message that was played was read. */
function kindOf({ status }: z.output<typeof Status>): Report['kind'] {
  return status === 'played' ? 'read' : status
}
