/** The recipients of a campaign as the API shows them. */
import * as z from 'zod'
import type { Deps } from '../deps.ts'
import { decodeCursor, encodeCursor, PageQuery, queryInteger } from '../http/paging.ts'
import { queryBoolean } from '../http/query-boolean.ts'
import { recipientMessageId, type WorkspaceId } from '../ids.ts'
import type { KnownState } from '../recipients/fact-row.ts'
import { exactCounts, listRecipients, type LedgerOf, type Recipient, type RecipientFilter } from '../recipients/list.ts'
import { PAGE_SIZE } from '../recipients/page.ts'
import { pageStore } from '../recipients/page-store.ts'
import { Price } from '../whatsapp/pricing.ts'
import { sumOf } from './counters.ts'
import { countsOf } from './respond.ts'
import type { Campaign } from './schema.ts'
import { campaignStore } from './store.ts'

export const RecipientStatus = z.enum([
  'pending',
  'sent',
  'delivered',
  'read',
  'failed',
  'skipped',
  'cancelled',
  'uncertain',
])

/** In any letter case; empty ones are not given. */
const statusList = z
  .string()
  .transform((text) =>
    text
      .split(',')
      .map((word) => word.trim().toLowerCase())
      .filter((word) => word !== ''),
  )
  .pipe(z.array(RecipientStatus))
  .meta({ type: 'string' })

export const RecipientQuery = z.object({
  status: statusList.optional().meta({
    description:
      'The highest that is known: pending, sent, delivered, read, failed, skipped, cancelled, uncertain; several with commas',
    example: 'failed,uncertain',
  }),
  reason: z.string().optional().describe('`error.reason`, in any letter case'),
  replied: queryBoolean.optional().describe('Only those who answered, or only those who did not'),
  code: queryInteger(0, 0xffff_ffff).optional().describe('Meta’s error code of a failure; 0: failed without one'),
  limit: PageQuery.shape.limit.describe('Recipients at most'),
  cursor: z.string().optional().describe('`next_cursor` of the page before'),
})

const timestamp = z.iso.datetime().nullable()

export const RecipientResponse = z
  .object({
    message_id: z.uuid().describe('Also of GET /api/messages/{message_id}/status'),
    contact_id: z.uuid(),
    name: z.string().nullable().describe('The contact’s, as it is now'),
    to_number: z.string().describe('As it was when the campaign was planned'),
    status: RecipientStatus.describe('The highest that is known'),
    wa_message_id: z.string().nullable(),
    sent_at: timestamp.describe('The times are Meta’s, and null until it reports them'),
    delivered_at: timestamp,
    read_at: timestamp,
    failed_at: timestamp,
    replied_at: timestamp.describe('When the person first answered this message: with a quote, a button or a reaction'),
    price: Price.nullable().describe('What Meta says it charges the message as; null until it does'),
    error: z
      .object({
        code: z.int().describe('Meta’s, or 0 for a reason of our own'),
        reason: z.string().describe('One word to filter by: refused_by_meta, opted_out, answer_lost …'),
        title: z.string().describe('The reason for a person'),
        hint: z.string().describe('What to do about it'),
      })
      .nullable()
      .describe('Of whoever failed, was skipped or is uncertain'),
    tries: z.int().describe('Tries to send, in the latest retry and before it'),
  })
  .meta({ id: 'CampaignRecipient', description: 'What became of the message to one recipient of a campaign' })
export type RecipientResponse = z.output<typeof RecipientResponse>

export const RecipientListResponse = z
  .object({
    data: z.array(RecipientResponse),
    total: z
      .int()
      .nullable()
      .describe(
        'On all pages: of everybody, or of the filter; null with a reason, with `replied` beside another filter, or with a filter and a cursor',
      ),
    next_cursor: z
      .string()
      .nullable()
      .describe('Give it as `cursor` to go on. A page may hold fewer than `limit`, even none, while there is a cursor'),
  })
  .meta({ id: 'CampaignRecipientList', description: 'Recipients of a campaign, in the order they are sent to' })

type RecipientDeps = Pick<Deps, 'containers' | 'factsTable'>

export async function recipientsPage(
  deps: RecipientDeps,
  workspaceId: WorkspaceId,
  campaignId: string,
  query: z.output<typeof RecipientQuery>,
): Promise<z.output<typeof RecipientListResponse>> {
  const { value: campaign } = await campaignStore(deps).get(workspaceId, campaignId)
  const from = query.cursor === undefined ? { page: 0, position: 0 } : decodeCursor(Place, query.cursor)
  const filter = filterOf(query)
  const [total, { recipients, next }] = await Promise.all([
    totalOf(deps, campaign, filter, query.cursor !== undefined),
    ledgerOf(deps, campaign).then((ledger) => listRecipients(deps, ledger, filter, { limit: query.limit, from })),
  ])
  return {
    data: recipients.map((recipient) => recipientResponse(campaignId, recipient)),
    total,
    next_cursor: next ? encodeCursor(next) : null,
  }
}

const Place = z.object({ page: z.int().min(0), position: z.int().min(0).max(PAGE_SIZE) })

/** How many pages there are: of a campaign that is being planned, those that are. */
export async function ledgerOf(deps: Pick<Deps, 'containers'>, campaign: Campaign): Promise<LedgerOf> {
  const { workspace_id: workspaceId, id: campaignId, started_at, planned_at } = campaign
  const place = { workspaceId, campaignId }
  if (started_at === null) return { ...place, pages: 0 }
  if (planned_at !== null) return { ...place, pages: campaign.pages }
  return { ...place, pages: (await pageStore(deps).plan(workspaceId, campaignId))?.value.pages ?? 0 }
}

export function recipientResponse(campaignId: string, recipient: Recipient): RecipientResponse {
  const { page, position, problem } = recipient
  return {
    message_id: recipientMessageId({ campaignId, page, position }),
    contact_id: recipient.contactId,
    name: recipient.name,
    to_number: recipient.address,
    status: recipient.status,
    wa_message_id: recipient.wamid,
    sent_at: recipient.sentAt,
    delivered_at: recipient.deliveredAt,
    read_at: recipient.readAt,
    failed_at: recipient.failedAt,
    replied_at: recipient.repliedAt,
    price: recipient.price,
    error: problem,
    tries: recipient.tries,
  }
}

function filterOf({ status = [], reason, code, replied }: z.output<typeof RecipientQuery>): RecipientFilter {
  const statuses = status.length > 0 ? new Set<KnownState>(status) : undefined
  return { statuses, reason: reason?.trim() ? reason.trim() : undefined, code, replied }
}

async function totalOf(
  deps: RecipientDeps,
  campaign: Campaign,
  filter: RecipientFilter,
  goesOn: boolean,
): Promise<number | null> {
  const isOfState = filter.statuses !== undefined || filter.code !== undefined
  const isByAnswer = filter.replied !== undefined
  const isFiltered = isOfState || isByAnswer
  if (filter.reason !== undefined || (isFiltered && goesOn) || (isOfState && isByAnswer)) return null
  if (campaign.started_at === null) return 0
  return isFiltered ? filteredTotal(deps, campaign, filter) : totalRecipients(deps, campaign)
}

async function filteredTotal(
  deps: RecipientDeps,
  campaign: Campaign,
  { statuses, code, replied }: RecipientFilter,
): Promise<number> {
  const counts = await countsOf(deps, campaign)
  if (replied !== undefined) {
    return replied ? counts.replied : Math.max(0, (await totalRecipients(deps, campaign)) - counts.replied)
  }
  if (code !== undefined) return statuses && !statuses.has('failed') ? 0 : (counts.failures[String(code)] ?? 0)
  const exact: Record<KnownState, number> = { ...exactCounts(counts), pending: 0 }
  if (statuses?.has('pending')) exact.pending = Math.max(0, (await totalRecipients(deps, campaign)) - sumOf(counts))
  return [...(statuses ?? [])].reduce((sum, status) => sum + exact[status], 0)
}

/** While it is being planned, those who are. */
async function totalRecipients(deps: RecipientDeps, campaign: Campaign): Promise<number> {
  if (campaign.planned_at !== null) return campaign.total
  return (await pageStore(deps).plan(campaign.workspace_id, campaign.id))?.value.total ?? 0
}
