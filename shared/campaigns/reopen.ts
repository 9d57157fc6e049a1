/** Puts uncertain recipients back to pending because a person asked for it by name: the only way anybody is sent to again. */
import type { Deps } from '../deps.ts'
import { campaignMonth } from '../ids.ts'
import { fromCells, knownState } from '../recipients/fact-row.ts'
import { factKey, factPartition } from '../recipients/fact-writer.ts'
import { outcomeOfPage } from '../recipients/outcome.ts'
import { positionsIn, recovered, reopened } from '../recipients/page.ts'
import { pageStore } from '../recipients/page-store.ts'
import { readLedger } from './counters.ts'
import type { Campaign } from './schema.ts'

type ReopenDeps = Pick<Deps, 'containers' | 'now' | 'facts' | 'factsTable' | 'log'>

/** Safe to run again: a page remembers which execution reopened it. */
export async function reopenUncertain(deps: ReopenDeps, campaign: Campaign, executionId: string): Promise<void> {
  const { uncertain } = await readLedger(deps, campaign.workspace_id, campaign.id)
  for (const page of uncertain) await reopenPage(deps, campaign, page, executionId)
}

async function reopenPage(deps: ReopenDeps, campaign: Campaign, number: number, executionId: string): Promise<void> {
  const pages = pageStore(deps)
  const stored = await pages.page(campaign.workspace_id, campaign.id, number)
  if (!stored) return
  let page = stored.value
  if (page.reopened_by !== executionId) {
    const table = await deps.factsTable(campaignMonth(campaign.id))
    const row = await table.read(factPartition(campaign.workspace_id, campaign.id), factKey(number))
    const facts = fromCells(row?.cells ?? {})
    // A status may have told meanwhile that Meta did take the message.
    const positions = positionsIn(page, 'u').filter((position) => knownState(facts, position) === 'uncertain')
    page = (await pages.replacePage(stored, reopened(recovered(page, deps.now()), positions, executionId))).value
    deps.log.info('page.reopened', { campaign_id: campaign.id, page: number, recipients: positions.length })
  }
  await deps.facts.write(campaign.workspace_id, campaign.id, [{ outcome: outcomeOfPage(page) }])
}
