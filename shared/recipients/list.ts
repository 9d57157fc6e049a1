/**
 * The recipients of a campaign, page by page of its ledger. A filter first asks the counts that stand beside the facts,
 * a thousand pages a request, so that only pages with somebody to show are read; what one request looks through is
 * bounded, and the cursor says where the next goes on.
 */
import type { Table } from '../azure/tables.ts'
import { contactStore } from '../contacts/store.ts'
import type { Deps } from '../deps.ts'
import { campaignMonth, type WorkspaceId } from '../ids.ts'
import { COUNT_CELLS, countsFromCells } from './fact-cells.ts'
import type { Counts, KnownState } from './fact-row.ts'
import { factKey, factPartition } from './fact-writer.ts'
import { knownRecipient, type KnownRecipient } from './known-recipient.ts'
import { factsIn } from './page-facts.ts'
import { pageStore } from './page-store.ts'

/** Pages of the ledger that one request reads, and rows of counts that it looks through. */
const MOST_PAGES = 20
const COUNTS_AT_ONCE = 1000
const MOST_COUNTS = 4 * COUNTS_AT_ONCE

export interface RecipientFilter {
  statuses?: ReadonlySet<KnownState> | undefined
  reason?: string | undefined
  /** Meta's, of a failure. */
  code?: number | undefined
  /** Whether they answered. */
  replied?: boolean | undefined
}

/** The next recipient to look at. */
export interface RecipientPlace {
  page: number
  position: number
}

/** A ledger of so many pages. */
export interface LedgerOf {
  workspaceId: WorkspaceId
  campaignId: string
  pages: number
}

export interface Recipient extends KnownRecipient {
  page: number
  /** As it is now; null if the contact has none or is gone. */
  name: string | null
}

type ListDeps = Pick<Deps, 'containers' | 'factsTable'>

export async function listRecipients(
  deps: ListDeps,
  ledger: LedgerOf,
  filter: RecipientFilter,
  { limit, from }: { limit: number; from: RecipientPlace },
): Promise<{ recipients: Recipient[]; next: RecipientPlace | undefined }> {
  const table = await deps.factsTable(campaignMonth(ledger.campaignId))
  const found: (KnownRecipient & { page: number })[] = []
  let place: RecipientPlace = from
  for (let read = 0; read < MOST_PAGES && found.length < limit && place.page < ledger.pages; read++) {
    const { page, isCandidate } = await nextPage(table, ledger, filter, place.page)
    if (page > place.page) place = { page, position: 0 }
    if (!isCandidate) break
    const rest = (await recipientsOfPage(deps, table, ledger, page)).slice(place.position)
    const taken = rest.filter((recipient) => matches(recipient, filter)).slice(0, limit - found.length)
    found.push(...taken.map((recipient) => ({ ...recipient, page })))
    place = placeBehind({ page, taken, rest }, found.length >= limit)
  }
  const next = place.page < ledger.pages ? place : undefined
  return { recipients: await withNames(deps, ledger.workspaceId, found), next }
}

interface Looked {
  page: number
  taken: readonly KnownRecipient[]
  rest: readonly KnownRecipient[]
}

/** Behind the last one taken where the answer is full, else at the start of the next page. */
function placeBehind({ page, taken, rest }: Looked, isFull: boolean): RecipientPlace {
  const last = isFull ? taken.at(-1) : undefined
  if (!last || last.position === rest.at(-1)?.position) return { page: page + 1, position: 0 }
  return { page, position: last.position + 1 }
}

/** All recipients of one page: a point read, and a row of facts. */
export async function recipientsOfPage(
  deps: Pick<Deps, 'containers'>,
  table: Table,
  { workspaceId, campaignId }: LedgerOf,
  number: number,
): Promise<KnownRecipient[]> {
  const stored = await pageStore(deps).page(workspaceId, campaignId, number)
  if (!stored) return []
  const row = await factsIn(table, stored.value)
  return Array.from(stored.value.states, (_, position) => knownRecipient(stored.value, row, position))
}

/** One request for the contacts of all of them. */
export async function withNames<T extends KnownRecipient>(
  { containers }: Pick<Deps, 'containers'>,
  workspaceId: WorkspaceId,
  recipients: readonly T[],
): Promise<(T & { name: string | null })[]> {
  const ids = [...new Set(recipients.map(({ contactId }) => contactId))]
  const contacts = await contactStore(containers).findMany(workspaceId, ids)
  const names = new Map(contacts.map(({ value }) => [value.id, value.deleted ? null : value.name]))
  return recipients.map((recipient) => ({ ...recipient, name: names.get(recipient.contactId) ?? null }))
}

export function matches(recipient: KnownRecipient, filter: RecipientFilter): boolean {
  const { replied } = filter
  return (replied === undefined || replied === (recipient.repliedAt !== null)) && isInState(recipient, filter)
}

function isInState({ status, problem }: KnownRecipient, { statuses, reason, code }: RecipientFilter): boolean {
  if (statuses && !statuses.has(status)) return false
  if (code !== undefined && (status !== 'failed' || problem?.code !== code)) return false
  return reason === undefined || problem?.reason === reason.toLowerCase()
}

interface NextPage {
  page: number
  /** False if it is only where the search stopped. */
  isCandidate: boolean
}

/** The first page from `from` on that may have somebody to show. */
async function nextPage(table: Table, ledger: LedgerOf, filter: RecipientFilter, from: number): Promise<NextPage> {
  const isFiltered = Object.values(filter).some((value) => value !== undefined)
  if (!isFiltered) return { page: from, isCandidate: true }
  const end = Math.min(ledger.pages, from + MOST_COUNTS)
  for (let start = from; start < end; start += COUNTS_AT_ONCE) {
    const stop = Math.min(end, start + COUNTS_AT_ONCE)
    const rows = await countsOfPages(table, ledger, start, stop)
    for (let page = start; page < stop; page++) if (mayMatch(rows.get(page), filter)) return { page, isCandidate: true }
  }
  return { page: end, isCandidate: false }
}

interface PageCounts {
  counts: Counts
  settled: boolean
}

async function countsOfPages(table: Table, ledger: LedgerOf, start: number, stop: number) {
  const partition = factPartition(ledger.workspaceId, ledger.campaignId)
  const rows = new Map<number, PageCounts>()
  const found = table.query({ partition, from: factKey(start), to: factKey(stop - 1), select: COUNT_CELLS })
  for await (const { key, cells } of found) {
    rows.set(Number(key), { counts: countsFromCells(cells), settled: cells['settled'] === true })
  }
  return rows
}

const OF_OPEN_PAGES: readonly KnownState[] = ['pending', 'skipped']
const WITH_REASON: readonly KnownState[] = ['failed', 'skipped', 'uncertain']

/** What the counters say: they are written right after the page, and are what everybody else sees. */
function mayMatch(row: PageCounts | undefined, { statuses, reason, code, replied }: RecipientFilter): boolean {
  if (replied === true && !row?.counts.replied) return false
  if (code !== undefined) return (row?.counts.failures[String(code)] ?? 0) > 0
  const isWanted = (status: KnownState) => statuses?.has(status) ?? true
  // Who was skipped in planning stands in pages that have no row yet.
  const present = row?.settled ? [] : [...OF_OPEN_PAGES]
  if (row) present.push(...presentIn(row.counts))
  return present.some((status) => isWanted(status) && (reason === undefined || WITH_REASON.includes(status)))
}

function presentIn(counts: Counts): KnownState[] {
  const exact = exactCounts(counts)
  return STATUSES.filter((status) => exact[status] > 0)
}

/** Counters are cumulative; here everybody counts once, at the highest that is known. */
export function exactCounts(counts: Counts) {
  const { sent, delivered, read, failed, skipped, cancelled, uncertain } = counts
  return { sent: sent - delivered, delivered: delivered - read, read, failed, skipped, cancelled, uncertain }
}

const STATUSES = ['sent', 'delivered', 'read', 'failed', 'skipped', 'cancelled', 'uncertain'] as const
