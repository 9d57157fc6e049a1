/** What every single write must keep: pages, facts and campaigns, each compared with what it replaces. */
import type { Document } from '../../shared/azure/cosmos.ts'
import type { Row } from '../../shared/azure/tables.ts'
import type { Campaign } from '../../shared/campaigns/schema.ts'
import { canBecome } from '../../shared/campaigns/schema.ts'
import { countsFromCells, fromCells } from '../../shared/recipients/fact-cells.ts'
import { knownState, type FactRow } from '../../shared/recipients/fact-row.ts'
import type { Page } from '../../shared/recipients/page.ts'
import { Violation } from './watch.ts'

/** A recipient's outcome stands until a person asks to send again. */
export function checkPageWrite(before: Document | undefined, after: Document, nowMs: number): void {
  const page = asPage(after)
  const earlier = before && asPage(before)
  if (!page || !earlier) return
  if (page.version !== earlier.version + 1) {
    throw new Violation(`11: page ${page.number} goes from version ${earlier.version} to ${page.version}`)
  }
  for (let position = 0; position < page.states.length; position++) checkOutcome(earlier, page, position)
  checkLease(earlier, page, nowMs)
}

/** What a worker holds is given up for lost only when its time is over. */
function checkLease(earlier: Page, page: Page, nowMs: number): void {
  if (earlier.lease === null || Date.parse(earlier.lease.until) <= nowMs) return
  const lost = Array.from(earlier.states, (_, position) => position).find(
    (position) =>
      earlier.states.charAt(position) === 'c' &&
      page.states.charAt(position) !== 'c' &&
      page.notes[position]?.reason === 'worker_stopped',
  )
  if (lost !== undefined) {
    throw new Violation(`11: recipient ${page.number}/${lost} is given up while a worker holds it`)
  }
}

function checkOutcome(earlier: Page, page: Page, position: number): void {
  const [from, to] = [earlier.states.charAt(position), page.states.charAt(position)]
  const isFinal = 'afsux'.includes(from)
  if (isFinal && from !== to && (page.resends[position] ?? 0) === (earlier.resends[position] ?? 0)) {
    throw new Violation(`1/3: recipient ${page.number}/${position} goes from "${from}" to "${to}" though nobody asked`)
  }
}

function asPage(document: Document): Page | undefined {
  // Every document has a type.
  return (document as { type?: string }).type === 'page' ? (document as Page) : undefined
}

/** The life cycle is kept, and nothing is called completed before the last recipient has an outcome. */
export function checkCampaignWrite(before: Document | undefined, after: Document, all: Document[]): void {
  const campaign = asCampaign(after)
  const earlier = before && asCampaign(before)
  if (!campaign || !earlier || campaign.status === earlier.status) return
  const isRetry = earlier.status === 'COMPLETED' && campaign.status === 'SENDING' && campaign.reopen.length > 0
  if (!isRetry && !canBecome(campaign.status, earlier.status)) {
    throw new Violation(`11: a campaign goes from ${earlier.status} to ${campaign.status}`)
  }
  if (campaign.status === 'COMPLETED') checkCompletion(campaign, all)
}

function checkCompletion(campaign: Campaign, all: Document[]): void {
  const own = all.filter((document) => 'campaign_id' in document && document.campaign_id === campaign.id)
  const pages = own.flatMap((document) => asPage(document) ?? [])
  const unsettled = pages.filter(({ states }) => /[pc]/.test(states))
  if (unsettled.length > 0) {
    throw new Violation(`3: completed with ${unsettled.length} page(s) whose recipients are not all settled`)
  }
  const recipients = pages.reduce((sum, { states }) => sum + states.length, 0)
  if (campaign.total !== recipients || campaign.pages !== pages.length) {
    const told = `${campaign.total} recipients on ${campaign.pages} page(s)`
    throw new Violation(`3: completed with ${told}; there are ${recipients} on ${pages.length}`)
  }
}

function asCampaign(document: Document): Campaign | undefined {
  return (document as { type?: string }).type === 'campaign' ? (document as Campaign) : undefined
}

const MAY_BECOME: Partial<Record<string, readonly string[]>> = {
  read: ['read'],
  delivered: ['delivered', 'read'],
  sent: ['sent', 'delivered', 'read', 'failed'],
}

/** Slots are only ever filled, states only rise, and the counts are those of the slots. */
export function checkFactWrite(before: Row | undefined, after: Row): void {
  const row = fromCells(after.cells)
  for (let position = 0; position < row.size; position++) checkImplied(row, position)
  const counted = countsFromCells(after.cells)
  const states = Array.from({ length: row.size }, (_, position) => knownState(row, position))
  const of = (...names: string[]): number => states.filter((state) => names.includes(state)).length
  const own = { sent: of('sent', 'delivered', 'read'), delivered: of('delivered', 'read'), read: of('read') }
  const others = {
    failed: of('failed'),
    skipped: of('skipped'),
    cancelled: of('cancelled'),
    uncertain: of('uncertain'),
  }
  for (const [name, count] of Object.entries({ ...own, ...others })) {
    const stored = counted[name as keyof typeof own]
    if (stored !== count) throw new Violation(`4: page ${after.key} counts ${stored} ${name}, its slots ${count}`)
  }
  if (!before) return
  const earlier = fromCells(before.cells)
  for (let position = 0; position < row.size; position++) checkRisen(earlier, row, position)
}

function checkImplied(row: FactRow, position: number): void {
  if (row.read[position] && !row.delivered[position]) throw new Violation(`4: ${position} was read and not delivered`)
  if (row.delivered[position] && !row.sent[position]) throw new Violation(`4: ${position} was delivered and not sent`)
}

function checkRisen(earlier: FactRow, row: FactRow, position: number): void {
  for (const column of ['sent', 'delivered', 'read', 'failed'] as const) {
    if (earlier[column][position] && !row[column][position]) throw new Violation(`4: ${position} lost its "${column}"`)
  }
  const [from, to] = [knownState(earlier, position), knownState(row, position)]
  const isNewRound = earlier.rounds[position] !== row.rounds[position]
  if (!isNewRound && MAY_BECOME[from]?.includes(to) === false) {
    throw new Violation(`4: ${position} goes from ${from} to ${to}`)
  }
}
