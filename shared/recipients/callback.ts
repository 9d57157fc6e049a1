/**
 * What Meta gets with a message and returns with every status of it: the message's id, and where a person asked to send
 * again, the number of that retry, so that a late report about an earlier sending is not taken for one about this.
 */
import { recipientMessageId } from '../ids.ts'
import type { Page } from './page.ts'

export function callbackData(page: Page, position: number): string {
  const id = recipientMessageId({ campaignId: page.campaign_id, page: page.number, position })
  const round = page.resends[position] ?? 0
  return round === 0 ? id : `${id}.${round}`
}

export function parseCallbackData(text: string): { id: string; round: number } {
  const [, id = text, round = '0'] = /^(.*)\.(\d{1,6})$/.exec(text) ?? []
  return { id, round: Number(round) }
}
