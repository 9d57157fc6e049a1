/** What must be true once everything has come to rest: nobody is left, and the counters are what Meta's own account says. */
import type { Campaign } from '../../shared/campaigns/schema.ts'
import { knownState } from '../../shared/recipients/fact-row.ts'
import type { Page } from '../../shared/recipients/page.ts'
import { campaignDocument, factsOfPage, pagesOf } from './look.ts'
import { Violation } from './watch.ts'
import type { SimulatedWorld } from './world.ts'

export function checkRest(world: SimulatedWorld, campaignId: string, mustBeThere: ReadonlySet<string>): void {
  const campaign = campaignDocument(world, campaignId)
  if (campaign.in_motion || !['COMPLETED', 'CANCELLED'].includes(campaign.status)) {
    throw new Violation(`3: ${campaign.name} is ${campaign.status} at rest${campaign.in_motion ? ', in motion' : ''}`)
  }
  const pages = pagesOf(world, campaignId)
  checkAudience(campaign, pages, mustBeThere)
  const expected = new Map<string, number>()
  for (const page of pages) {
    const row = factsOfPage(world, campaignId, page.number)
    for (let position = 0; position < page.states.length; position++) {
      const state = expectedState(world, page, position)
      expected.set(state, (expected.get(state) ?? 0) + 1)
      const known = knownState(row, position)
      if (known !== state) {
        throw new Violation(
          `3/4: recipient ${page.number}/${position} is ${known} at rest; by what Meta did it is ${state}`,
        )
      }
    }
  }
  checkCounters(campaign, expected)
}

function checkAudience(campaign: Campaign, pages: Page[], mustBeThere: ReadonlySet<string>): void {
  const addresses = pages.flatMap((page) => page.addresses)
  const open = pages.filter(({ states, lease }) => /[pc]/.test(states) || lease !== null)
  if (open.length > 0) throw new Violation(`3: page ${open[0]?.number} is pending or claimed at rest`)
  if (new Set(addresses).size !== addresses.length) throw new Violation('11: somebody is on two pages')
  if (campaign.started_at !== null && (campaign.total !== addresses.length || campaign.pages !== pages.length)) {
    throw new Violation(
      `3: ${campaign.total} recipients on ${campaign.pages} pages; the pages hold ${addresses.length}`,
    )
  }
  const planned = new Set(addresses)
  const lost = [...mustBeThere].filter((address) => !planned.has(address))
  // A cancel may come before the last contact was read.
  if (campaign.status === 'COMPLETED' && lost.length > 0)
    throw new Violation(`3: ${lost.length} contacts were lost in planning`)
}

const OWN_STATE: Record<string, string> = { f: 'failed', u: 'uncertain', s: 'skipped', x: 'cancelled' }

/** From what Meta took and reported; only where it did neither, what Herald's page says. */
function expectedState({ watch }: SimulatedWorld, page: Page, position: number): string {
  const reports = watch.reportsOf(page.campaign_id, page.number, position)
  const kinds = reports.map(({ kind }) => kind)
  if (kinds.includes('read')) return 'read'
  if (kinds.includes('delivered')) return 'delivered'
  const accepted = watch.acceptedRounds(page.campaign_id, page.number, position)
  const last = accepted.at(-1)
  if (last !== undefined) {
    // The last sending that Meta took decides, unless a later one was asked for and came to something else.
    const isFailed = reports.some(({ kind, round }) => kind === 'failed' && round === last)
    if (!isFailed) return 'sent'
    if (last >= (page.resends[position] ?? 0)) return 'failed'
  }
  const letter = page.states.charAt(position)
  if (letter === 'a') throw new Violation(`1: recipient ${page.number}/${position} counts as sent; Meta never took it`)
  return OWN_STATE[letter] ?? 'pending'
}

function checkCounters({ name, counters, started_at }: Campaign, expected: ReadonlyMap<string, number>): void {
  if (started_at === null) return
  const of = (...states: string[]): number => states.reduce((sum, state) => sum + (expected.get(state) ?? 0), 0)
  const wanted = {
    sent: of('sent', 'delivered', 'read'),
    delivered: of('delivered', 'read'),
    read: of('read'),
    failed: of('failed'),
    skipped: of('skipped'),
    cancelled: of('cancelled'),
    uncertain: of('uncertain'),
  }
  for (const [counter, count] of Object.entries(wanted)) {
    const stored = counters?.[counter as keyof typeof wanted]
    if (stored !== count) throw new Violation(`4: ${name} counts ${stored} ${counter} at rest; there are ${count}`)
  }
}
