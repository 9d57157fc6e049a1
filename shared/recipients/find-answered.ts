/**
 * The recipient of a campaign whose message a person answers. Meta names that message by its wamid, which nothing is looked up by:
 * wamids stand in the pages, and an index of them would cost a write for each message sent. But a campaign's pages are in the
 * order of its contacts' ids, and those are evenly spread, so the page of a contact is found by two or three reads, and its
 * wamid says whether this is the message. Nothing is kept for those who never answer.
 */
import { recentCampaigns, type RecentCampaign } from '../campaigns/recent.ts'
import type { Deps } from '../deps.ts'
import type { RecipientAddress, WorkspaceId } from '../ids.ts'
import { isLeased, stateAt, type Page } from './page.ts'
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

/**
 * Undefined if no recipient of a recent campaign of this number got this very message. `sending`: nobody did so far, but a
 * message to this person is on its way, and its wamid not recorded yet.
 */
export async function findAnswered(
  deps: Pick<Deps, 'containers' | 'now'>,
  answer: Answer,
): Promise<RecipientAddress | 'sending' | undefined> {
  const { workspaceId, phoneNumberId } = answer
  let isSending = false
  for (const campaign of await recentCampaigns(deps, workspaceId, phoneNumberId)) {
    const found = await findIn(deps, campaign, answer)
    if (found === 'sending') isSending = true
    else if (found) return found
  }
  return isSending ? 'sending' : undefined
}

async function findIn(
  deps: Pick<Deps, 'containers' | 'now'>,
  campaign: RecentCampaign,
  { workspaceId, contactIds, wamid }: Answer,
): Promise<RecipientAddress | 'sending' | undefined> {
  const store = pageStore(deps)
  const campaignId = campaign.id
  const pages = await plannedPages(store, workspaceId, campaign)
  let isSending = false
  for (const contactId of contactIds) {
    const page = await pageOfContact(store, { workspaceId, campaignId, pages }, contactId)
    const position = page?.contacts.indexOf(contactId) ?? -1
    if (!page || position < 0) continue
    if (page.wamids[position] === wamid) return { campaignId, page: page.number, position }
    isSending ||= stateAt(page, position) === 'c' && isLeased(page, deps.now())
  }
  return isSending ? 'sending' : undefined
}

/** Of one that is still being planned: so far. */
async function plannedPages(store: PageStore, workspaceId: WorkspaceId, campaign: RecentCampaign): Promise<number> {
  if (campaign.planned_at !== null) return campaign.pages
  return (await store.plan(workspaceId, campaign.id))?.value.pages ?? campaign.pages
}

interface Place {
  workspaceId: WorkspaceId
  campaignId: string
  pages: number
}

/** The page that a contact is in, if it is in the campaign. */
export async function pageOfContact(
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
