/** What a page says of its recipients, in the form the facts take it over. */
import type { PageOutcome } from './fact-row.ts'
import { isSettled, restsUntil, type Page } from './page.ts'

/** A claimed recipient is still pending for everybody but its worker. */
export function outcomeOfPage(page: Page): PageOutcome {
  const codes = new Map(Object.entries(page.notes).map(([position, note]) => [Number(position), note.code]))
  return {
    page: page.number,
    version: page.version,
    states: page.states.replaceAll(/[pc]/g, ' '),
    settled: isSettled(page),
    nextTry: restsUntil(page),
    codes,
    rounds: new Map(Object.entries(page.resends).map(([position, round]) => [Number(position), round])),
  }
}
