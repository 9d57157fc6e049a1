/** Whom of a page the workspace's frequency cap leaves out, asked while a worker holds the page. */
import type { Deps } from '../deps.ts'
import type { Template } from '../templates/schema.ts'
import type { FrequencyCap } from '../workspaces/schema.ts'
import type { EffectiveSettings } from '../workspaces/settings.ts'
import { PAGE_SIZE, recorded, sendable, stateAt, type Page, type SendResult } from './page.ts'
import type { Turn } from './turn.ts'

export interface FrequencyVisit {
  /** The page without those who have had enough; the others are counted. One table request for a page, with a cap. */
  within(turn: Turn, page: Page): Promise<Page>
  /** Positions that were counted, were surely not sent to, and are not soon tried again. */
  unsent(page: Page, comesBack: boolean): number[]
  /** Those count no more. Only while the page is held: nobody may send to them meanwhile. */
  giveBack(page: Page, unsent: readonly number[]): Promise<void>
}

/** Undefined where none is set, or the template is not for marketing. */
export function frequencyCapFor(
  { category }: Pick<Template, 'category'>,
  { frequencyCap }: Pick<EffectiveSettings, 'frequencyCap'>,
): FrequencyCap | undefined {
  return category === 'MARKETING' ? frequencyCap : undefined
}

const OVER: SendResult = { kind: 'skipped', reason: 'frequency_cap' }

export function frequencyVisit({ pacer, now }: Pick<Deps, 'pacer' | 'now'>): FrequencyVisit {
  const counted = new Map<number, number>()
  let cap: FrequencyCap | undefined

  const request = ({ campaign_id, contacts }: Page, positions: readonly number[], wanted: FrequencyCap) => ({
    campaignId: campaign_id,
    contacts: positions.map((position) => contacts[position] ?? ''),
    cap: wanted,
  })

  return {
    async within({ sender }, page) {
      cap = sender.frequencyCap
      if (!cap) return page
      const asked = sendable(page, now(), PAGE_SIZE).filter((position) => !counted.has(position))
      if (asked.length === 0) return page
      const allowed = await pacer.frequency.count(page.workspace_id, request(page, asked, cap))
      const over = asked.filter((_, index) => !allowed.has(index))
      for (const [index, mark] of allowed) counted.set(asked[index] ?? -1, mark)
      if (over.length === 0) return page
      return recorded(page, new Map(over.map((position) => [position, OVER])), now())
    },
    unsent(page, comesBack) {
      // An earlier sending, before a person asked for another, may have reached them.
      const isUnsent = (position: number) =>
        page.resends[position] === undefined && (comesBack ? 'fs' : 'fsp').includes(stateAt(page, position))
      return [...counted.keys()].filter(isUnsent)
    },
    async giveBack(page, unsent) {
      if (!cap) return
      const marks = new Map(unsent.map((position, index) => [index, counted.get(position) ?? 0]))
      await pacer.frequency.giveBack(page.workspace_id, request(page, unsent, cap), marks)
    },
  }
}
