/**
 * The recipient of a campaign whose message a person answers. Meta names that message by its wamid, which nothing is looked up by:
 * wamids stand in the pages, and an index of them would cost a write for each message sent. But a campaign's pages are in the
 * order of its contacts' ids, and those are evenly spread, so the page of a contact is found by two or three reads, and its
 * wamid says whether this is the message. Nothing is kept for those who never answer.
 */
import { recentCampaigns } from '../campaigns/recent.ts'
import type { Deps } from '../deps.ts'
import type { RecipientAddress, WorkspaceId } from '../ids.ts'
import type { Page } from './page.ts'
import { pageStore, type PageStore } from './page-store.ts'

/** Reads in one campaign: enough for any number of pages by halving, where ids are spread unevenly. */
const MOST_READS = 16

export interface Answer {
  workspaceId: WorkspaceId
  phoneNumberId: string
  /** The person's contact, and the ids it had before. */
  contactIds: readonly string[]
  wamid: string
}

/** Undefined if no recipient of a recent campaign of this number got this very message. */
export async function findAnswered(
  deps: Pick<Deps, 'containers' | 'now'>,
  { workspaceId, phoneNumberId, contactIds, wamid }: Answer,
): Promise<RecipientAddress | undefined> {
  const store = pageStore(deps)
  for (const campaign of await recentCampaigns(deps, workspaceId, phoneNumberId)) {
    const planned = campaign.planned_at === null ? (await store.plan(workspaceId, campaign.id))?.value.pages : undefined
    for (const contactId of contactIds) {
      const place = { workspaceId, campaignId: campaign.id, pages: planned ?? campaign.pages }
      const page = await pageOfContact(store, place, contactId)
      const position = page?.contacts.indexOf(contactId) ?? -1
      if (!page || page.wamids[position] !== wamid) continue
      return { campaignId: campaign.id, page: page.number, position }
    }
  }
  return undefined
}

interface Place {
  workspaceId: WorkspaceId
  campaignId: string
  pages: number
}

async function pageOfContact(
  store: PageStore,
  { workspaceId, campaignId, pages }: Place,
  contactId: string,
): Promise<Page | undefined> {
  let [low, high] = [0, pages - 1]
  let guess = Math.floor(shareOf(contactId) * pages)
  for (let step = 1; low <= high && step < 2 ** MOST_READS; step *= 2) {
    const number = Math.min(Math.max(guess, low), high)
    const page = (await store.page(workspaceId, campaignId, number))?.value
    const side = page ? sideOf(page, contactId) : 'inside'
    if (side === 'inside') return page
    if (side === 'before') high = number - 1
    else low = number + 1
    // Near the guess first, then by halves.
    const near = side === 'before' ? number - step : number + step
    guess = step > NEAR ? Math.floor((low + high) / 2) : near
  }
  return undefined
}

function sideOf({ contacts }: Page, contactId: string): 'before' | 'inside' | 'behind' {
  if (contactId < (contacts[0] ?? '')) return 'before'
  return contactId > (contacts.at(-1) ?? '') ? 'behind' : 'inside'
}

const NEAR = 4

/** Where an id stands among all ids of contacts of its workspace, from 0 to 1. */
export function shareOf(contactId: string): number {
  // The twelve bits behind the version, and twelve more behind the variant: see ids.ts.
  const bits = Number.parseInt(contactId.slice(15, 18) + contactId.slice(20, 23), 16)
  return Number.isNaN(bits) ? 0 : bits / 0x1000000
}
