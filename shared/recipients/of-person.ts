/**
 * One person’s places in campaigns. A campaign’s pages are in the order of its contacts’ ids, so each is found by a few reads, however
 * large the campaign; there is no index of them, because that would cost a write for each message sent.
 */
import * as z from 'zod'
import { isConflict } from '../errors.ts'
import type { Deps } from '../deps.ts'
import type { WorkspaceId } from '../ids.ts'
import { pageOfContact } from './find-answered.ts'
import type { Page } from './page.ts'
import { pageStore } from './page-store.ts'
import type { Stored } from '../azure/cosmos.ts'

const CAMPAIGNS_PER_READ = 200
const Started = z.object({
  id: z.string(),
  name: z.string(),
  pages: z.int(),
  in_motion: z.boolean(),
  created_at: z.string(),
})
type Started = z.output<typeof Started>

export interface Place {
  campaign: Started
  page: Page
  position: number
}

/** Campaigns that have been planned by now, the latest first. */
async function* startedCampaigns({ containers }: Pick<Deps, 'containers'>, workspaceId: WorkspaceId) {
  let before: string | undefined
  for (;;) {
    const found: Started[] = await containers.core.query(
      {
        text:
          "SELECT c.id, c.name, c.pages, c.in_motion, c.created_at FROM c WHERE c.type = 'campaign' " +
          `AND IS_STRING(c.planned_at)${before === undefined ? '' : ' AND c.created_at < @before'} ` +
          'ORDER BY c.created_at DESC OFFSET 0 LIMIT @take',
        parameters: { take: CAMPAIGNS_PER_READ, ...(before === undefined ? {} : { before }) },
        partition: workspaceId,
        maxItems: CAMPAIGNS_PER_READ,
      },
      (row) => Started.parse(row),
    )
    yield* found
    before = found.length < CAMPAIGNS_PER_READ ? undefined : found.at(-1)?.created_at
    if (before === undefined) return
  }
}

export async function* placesOf(
  deps: Pick<Deps, 'containers'>,
  workspaceId: WorkspaceId,
  ids: readonly string[],
): AsyncGenerator<Place> {
  const store = pageStore(deps)
  for await (const campaign of startedCampaigns(deps, workspaceId)) {
    for (const id of ids) {
      const place = { workspaceId, campaignId: campaign.id, pages: campaign.pages }
      const page = await pageOfContact(store, place, id)
      const position = page?.contacts.indexOf(id) ?? -1
      if (page && position >= 0) yield { campaign, page, position }
    }
  }
}

/**
 * Takes number and values out of the pages of campaigns that are at rest. False if one is not: its pages are its workers’, who leave out
 * whoever has opted out.
 */
export async function eraseFromCampaigns(
  deps: Pick<Deps, 'containers'>,
  workspaceId: WorkspaceId,
  { ids, until }: { ids: readonly string[]; until: string },
): Promise<boolean> {
  let isAtRest = true
  for await (const { campaign, page, position } of placesOf(deps, workspaceId, ids)) {
    if (campaign.created_at > until) continue
    if (page.addresses[position] === '') continue
    const isErased = !campaign.in_motion && (await erasePlace(deps, page, position))
    if (!isErased) isAtRest = false
  }
  return isAtRest
}

/** False if it is to be sent to, or somebody else wrote. */
async function erasePlace(
  deps: Pick<Deps, 'containers'>,
  { workspace_id, campaign_id, number }: Page,
  position: number,
) {
  const store = pageStore(deps)
  const stored: Stored<Page> | undefined = await store.page(workspace_id, campaign_id, number)
  if (!stored || stored.value.lease !== null || stored.value.states[position] === 'p') return false
  const { [String(position)]: _wamid, ...wamids } = stored.value.wamids
  const next: Page = {
    ...stored.value,
    addresses: stored.value.addresses.with(position, ''),
    parameters: stored.value.parameters.with(position, []),
    wamids,
  }
  try {
    await store.replacePage(stored, next)
    return true
  } catch (error) {
    if (isConflict(error)) return false
    throw error
  }
}
