/**
 * A page of campaigns: two requests to Cosmos DB at most, whatever is on it. Counters of campaigns that move, are paused
 * or ended a moment ago are read from the facts, one table request each; of the others they are as stored, which is at
 * most half as long ago as their end (see refresh.ts). One campaign by itself is always exact.
 */
import { atOnce } from '../at-once.ts'
import type { Deps } from '../deps.ts'
import { tellsTotal } from '../azure/newest-first.ts'
import type { Listed, Page } from '../http/paging.ts'
import type { WorkspaceId } from '../ids.ts'
import { phoneNumberIdOfFilter } from '../phone-numbers/find.ts'
import { noCounts, type Counts } from '../recipients/fact-row.ts'
import type { CampaignResponse } from './api.ts'
import { countRecipients } from './audience.ts'
import { sumOf } from './counters.ts'
import { FIRST_REFRESH_SECONDS } from './refresh.ts'
import { campaignResponse, countsOf, isEstimated } from './respond.ts'
import type { Campaign } from './schema.ts'
import { campaignStore, type CampaignFilter } from './store.ts'

/** By then the stored counters were brought up to date once, also where a queue is slow. */
const STORED_AFTER_MS = FIRST_REFRESH_SECONDS * 1.5 * 1000
const LEDGERS_AT_ONCE = 8

type ListDeps = Pick<Deps, 'containers' | 'factsTable' | 'now'>

/** `phoneNumberId` may be Meta's digits too, which takes a request more. */
export async function listCampaigns(
  deps: ListDeps,
  workspaceId: WorkspaceId,
  filter: CampaignFilter,
  page: Page,
): Promise<Listed<CampaignResponse>> {
  let { phoneNumberId } = filter
  if (phoneNumberId !== undefined) {
    phoneNumberId = await phoneNumberIdOfFilter(deps, workspaceId, phoneNumberId)
    if (phoneNumberId === undefined) return { items: [], total: 0, next: undefined }
  }
  const listed = await campaignStore(deps).list(workspaceId, { ...filter, phoneNumberId }, page)
  const [estimate, counts] = await Promise.all([
    estimateFor(deps, workspaceId, page, listed),
    countsOfAll(deps, listed.items),
  ])
  const items = listed.items.map((campaign, index) => {
    const counted = counts[index] ?? noCounts()
    return campaignResponse(campaign, totalOf(campaign, counted, estimate), counted)
  })
  return { ...listed, items }
}

/** One count for all drafts to everybody, where the page has a request to spare; others show what was counted for them once. */
async function estimateFor(
  deps: ListDeps,
  workspaceId: WorkspaceId,
  page: Page,
  listed: Listed<Campaign>,
): Promise<number | undefined> {
  if (!tellsTotal(page, listed) || !listed.items.some(addressesEverybody)) return undefined
  return countRecipients(deps, workspaceId, null)
}

function addressesEverybody(campaign: Campaign): boolean {
  return isEstimated(campaign) && campaign.audience === null
}

function totalOf(campaign: Campaign, counts: Counts, estimate: number | undefined): number {
  if (campaign.planned_at !== null) return campaign.total
  if (isEstimated(campaign)) return addressesEverybody(campaign) ? (estimate ?? campaign.total) : campaign.total
  // While it is being planned: the estimate from before, unless there are more.
  return campaign.started_at === null ? 0 : Math.max(campaign.total, sumOf(counts))
}

async function countsOfAll(deps: ListDeps, campaigns: readonly Campaign[]): Promise<Counts[]> {
  const all: Counts[] = []
  await atOnce(LEDGERS_AT_ONCE, campaigns.entries(), async ([index, campaign]) => {
    all[index] = storedCounts(campaign, deps.now()) ?? (await countsOf(deps, campaign))
  })
  return all
}

/** The stored counters, where they are good enough. */
function storedCounts({ status, in_motion, counters, completed_at, cancelled_at }: Campaign, now: Date) {
  if (in_motion || counters === null || (status !== 'COMPLETED' && status !== 'CANCELLED')) return undefined
  const endedAt = Date.parse(cancelled_at ?? completed_at ?? '')
  return now.getTime() - endedAt > STORED_AFTER_MS ? counters : undefined
}
