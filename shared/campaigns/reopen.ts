/** Puts failed and uncertain recipients back to pending because a person asked for it: the only way anybody is sent to again. */
import type { Deps } from '../deps.ts'
import type { QueueMessage } from '../queue/messages.ts'
import { failureCode, knownState, type FactRow } from '../recipients/fact-row.ts'
import { outcomeOfPage } from '../recipients/outcome.ts'
import { factsOf } from '../recipients/page-facts.ts'
import { recovered, reopened, type Page } from '../recipients/page.ts'
import { pageStore } from '../recipients/page-store.ts'
import { readLedger } from './counters.ts'
import type { Campaign } from './schema.ts'
import { campaignStore } from './store.ts'

/** A longer list goes on in another turn. */
const PAGES_PER_TURN = 400
const PAGES_AT_ONCE = 8

type ReopenDeps = Pick<Deps, 'containers' | 'now' | 'facts' | 'factsTable' | 'log' | 'queues'>
type Message = QueueMessage<'campaign-planning'>

/**
 * True once everybody the retry is about waits to be sent to; false if another turn goes on with it. Safe to run again
 * and after a pause: a page remembers the latest retry it was looked at for.
 */
export async function reopenForRetry(deps: ReopenDeps, campaign: Campaign, message: Message): Promise<boolean> {
  if (campaign.reopen.length === 0) return true
  const from = message.reopen_from ?? 0
  const concerned = await pagesToReopen(deps, campaign)
  const open = concerned.filter((page) => page >= from)
  for (let at = 0; at < Math.min(open.length, PAGES_PER_TURN); at += PAGES_AT_ONCE) {
    // A slow worker must not put anybody back to pending after the campaign was stopped or came to rest.
    if (!(await isStillRunning(deps, campaign))) return false
    await Promise.all(open.slice(at, at + PAGES_AT_ONCE).map((page) => reopenPage(deps, campaign, page)))
  }
  const next = open[PAGES_PER_TURN]
  if (next === undefined) return true
  await deps.queues.send('campaign-planning', { ...message, reopen_from: next })
  return false
}

/** Pages with recipients in the states that a person asked to send again, in order. */
export async function pagesToReopen(deps: Pick<Deps, 'factsTable'>, campaign: Campaign): Promise<number[]> {
  if (campaign.reopen.length === 0) return []
  const { failed, uncertain } = await readLedger(deps, campaign.workspace_id, campaign.id, campaign.pages)
  const chosen = new Set([
    ...(campaign.reopen.includes('failed') ? failed : []),
    ...(campaign.reopen.includes('uncertain') ? uncertain : []),
  ])
  return [...chosen].sort((a, b) => a - b)
}

async function isStillRunning(deps: ReopenDeps, { workspace_id, id, execution_id }: Campaign): Promise<boolean> {
  const stored = await campaignStore(deps).find(workspace_id, id)
  return stored?.value.status === 'SENDING' && stored.value.execution_id === execution_id
}

async function reopenPage(deps: ReopenDeps, campaign: Campaign, number: number): Promise<void> {
  const pages = pageStore(deps)
  const stored = await pages.page(campaign.workspace_id, campaign.id, number)
  if (!stored) return
  const round = campaign.retries ?? 0
  let page = stored.value
  if (page.round > round) return
  if (page.round < round) {
    const settled = recovered(page, deps.now())
    const positions = positionsToReopen(campaign, settled, await factsOf(deps, settled))
    page = (await pages.replacePage(stored, reopened(settled, positions, round))).value
    deps.log.info('page.reopened', { campaign_id: campaign.id, page: number, recipients: positions.length })
  }
  // The facts follow the page: told again if a crash came between the two.
  await deps.facts.write(campaign.workspace_id, campaign.id, [{ outcome: outcomeOfPage(page) }])
}

/** From everything known now: a status may have told meanwhile that Meta did take the message. */
function positionsToReopen({ reopen, reopen_codes = [] }: Campaign, page: Page, facts: FactRow): number[] {
  const codes = new Set(reopen_codes)
  return Array.from(page.states, (_, position) => position).filter((position) => {
    const state = knownState(facts, position)
    if (state === 'uncertain') return reopen.includes('uncertain')
    return state === 'failed' && reopen.includes('failed') && codes.has(failureCode(facts, position))
  })
}
