/**
 * The end of a campaign: completion is what the ledger says, never what a worker believes. Where the ledger does not add
 * up, its rows are made from the pages again; if that does not help, the campaign has FAILED and says so. Neither sends
 * to anybody, and every outcome that is known stays.
 */
import type { Deps } from '../deps.ts'
import { isConflict } from '../errors.ts'
import { outcomeOfPage } from '../recipients/outcome.ts'
import { pageStore, type Plan } from '../recipients/page-store.ts'
import { changing } from './changing.ts'
import { readLedger, sumOf, type Ledger } from './counters.ts'
import { startRefreshing } from './refresh.ts'
import type { Campaign } from './schema.ts'

type CompleteDeps = Pick<Deps, 'containers' | 'queues' | 'now' | 'log' | 'facts' | 'factsTable'>
type Planned = Pick<Plan, 'total' | 'pages'>

/** For a campaign whose every page has all its outcomes. */
export async function completeCampaign(
  deps: CompleteDeps,
  campaign: Campaign,
  plan: Planned,
  ledger: Ledger,
): Promise<void> {
  if (sumOf(ledger.counts) === plan.total) {
    await comeToRest(deps, campaign, plan, { counts: ledger.counts })
    return
  }
  const problem = `${sumOf(ledger.counts)} outcomes for ${plan.total} recipients`
  deps.log.error('campaign.ledger_does_not_add_up', { campaign_id: campaign.id, problem })
  const repaired = await repairedLedger(deps, campaign, plan.pages)
  if (repaired.settled.size < plan.pages) return
  const failed = sumOf(repaired.counts) !== plan.total
  await comeToRest(deps, campaign, plan, {
    counts: repaired.counts,
    ...(failed ? { failure: `${FAILED_WORDS} (${problem})` } : {}),
  })
}

const FAILED_WORDS =
  'The records of this campaign do not add up, so some of its recipients have no outcome. Nobody is sent to again; ' +
  'please tell the operator'

/** Each row is computed anew from its page and from what Meta reported. A page with a new version is heard again. */
async function repairedLedger(deps: CompleteDeps, campaign: Campaign, planned: number): Promise<Ledger> {
  const pages = pageStore(deps)
  for (let number = 0; number < planned; number++) {
    const stored = await pages.page(campaign.workspace_id, campaign.id, number)
    if (!stored) continue
    try {
      const { value } = await pages.replacePage(stored, stored.value)
      await deps.facts.write(campaign.workspace_id, campaign.id, [{ outcome: outcomeOfPage(value) }])
    } catch (error) {
      // Somebody else writes this page, and its row after it.
      if (!isConflict(error)) throw error
    }
  }
  return readLedger(deps, campaign.workspace_id, campaign.id, planned)
}

interface Ending {
  counts: Ledger['counts']
  /** Why it failed; absent: it is complete. */
  failure?: string
}

async function comeToRest(deps: CompleteDeps, campaign: Campaign, plan: Planned, ending: Ending): Promise<void> {
  const { counts, failure } = ending
  await startRefreshing(deps, campaign)
  await changing(deps, campaign.workspace_id, campaign.id, (current) => {
    if (current.status !== 'SENDING' || current.execution_id !== campaign.execution_id) return current
    const at = deps.now().toISOString()
    return {
      ...current,
      ...(failure === undefined
        ? { status: 'COMPLETED' as const, completed_at: at }
        : { status: 'FAILED' as const, failed_at: at, failure_reason: failure }),
      in_motion: false,
      updated_at: at,
      planned_at: current.planned_at ?? at,
      // The planner may have died between its last page and telling the campaign.
      total: plan.total,
      pages: plan.pages,
      reopen: [],
      reopen_codes: [],
      counters: counts,
    }
  })
  const event = failure === undefined ? 'campaign.completed' : 'campaign.failed'
  deps.log.info(event, { campaign_id: campaign.id, ...counts })
}
