/** After a cancel: marks everybody who was not sent to, page by page, so that every recipient has an outcome. */
import type { Deps } from '../deps.ts'
import { isConflict } from '../errors.ts'
import type { QueueMessage } from '../queue/messages.ts'
import { outcomeOfPage } from '../recipients/outcome.ts'
import { cancelled, closed, isClosed, isLeased, isSettled, recovered, LEASE_MS, type Page } from '../recipients/page.ts'
import { newPlan, pageStore, type Plan } from '../recipients/page-store.ts'
import { changing } from './changing.ts'
import { readLedger } from './counters.ts'
import { startRefreshing } from './refresh.ts'
import { pagesToReopen } from './reopen.ts'
import type { Campaign } from './schema.ts'

/** A longer list goes on in the next turn. */
const PAGES_PER_TURN = 200

type CancelDeps = Pick<Deps, 'containers' | 'queues' | 'now' | 'log' | 'facts' | 'factsTable'>

export async function cancelPending(
  deps: CancelDeps,
  campaign: Campaign,
  message: QueueMessage<'campaign-release'>,
): Promise<void> {
  const plan = await stoppedPlan(deps, campaign)
  if (!plan) {
    await deps.queues.send('campaign-release', message, { delaySeconds: 1 })
    return
  }
  const planned = plan.pages
  const ledger = await readLedger(deps, campaign.workspace_id, campaign.id, planned)
  const from = message.close_from ?? 0
  const toClose = new Set((await pagesToReopen(deps, campaign)).filter((page) => page >= from))
  const open = Array.from({ length: planned }, (_, page) => page).filter(
    (page) => !ledger.settled.has(page) || toClose.has(page),
  )
  const chosen = open.slice(0, PAGES_PER_TURN)
  const left: number[] = []
  for (const page of chosen) if (!(await cancelPage(deps, campaign, page))) left.push(page)
  if (left.length > 0 || open.length > PAGES_PER_TURN) {
    const delaySeconds = open.length > PAGES_PER_TURN ? 0 : LEASE_MS / 1000 / 10
    const close_from = Math.max(from, left[0] ?? (chosen.at(-1) ?? 0) + 1)
    await deps.queues.send('campaign-release', { ...message, close_from }, { delaySeconds })
    return
  }
  const rested = await readLedger(deps, campaign.workspace_id, campaign.id, planned)
  await startRefreshing(deps, campaign)
  await changing(deps, campaign.workspace_id, campaign.id, (current) => ({
    ...current,
    in_motion: false,
    planned_at: current.planned_at ?? deps.now().toISOString(),
    total: plan.total,
    pages: plan.pages,
    reopen: [],
    reopen_codes: [],
    counters: rested.counts,
    updated_at: deps.now().toISOString(),
  }))
}

/**
 * Ends planning first: a planner that is still at work then fails to write its next pages, so that no recipient appears
 * after the last page was looked at. Undefined if it wrote at this very moment.
 */
async function stoppedPlan(deps: CancelDeps, campaign: Campaign): Promise<Plan | undefined> {
  const pages = pageStore(deps)
  const before = await pages.plan(campaign.workspace_id, campaign.id)
  if (before?.value.done) return before.value
  const plan: Plan = { ...(before?.value ?? newPlan(campaign, deps.now())), done: true }
  try {
    await pages.savePlan(before, plan, [])
    return plan
  } catch (error) {
    if (isConflict(error)) return undefined
    throw error
  }
}

/** False while a worker still holds the page: it stops by itself, and the page is looked at again. */
async function cancelPage(deps: CancelDeps, campaign: Campaign, number: number): Promise<boolean> {
  const pages = pageStore(deps)
  const stored = await pages.page(campaign.workspace_id, campaign.id, number)
  if (!stored) return true
  if (isLeased(stored.value, deps.now())) return false
  let page = stored.value
  if (isOpen(campaign, page)) {
    try {
      page = (await pages.replacePage(stored, closed(cancelled(recovered(page, deps.now()))))).value
    } catch (error) {
      if (isConflict(error)) return false
      throw error
    }
  }
  await deps.facts.write(campaign.workspace_id, campaign.id, [{ outcome: outcomeOfPage(page) }])
  return true
}

/** In a retry also a page at rest: a planner that is still at work must not put anybody of it back to pending. */
function isOpen({ reopen }: Campaign, page: Page): boolean {
  return !isSettled(page) || (reopen.length > 0 && !isClosed(page))
}
