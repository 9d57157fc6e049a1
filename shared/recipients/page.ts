/**
 * A page of the recipient ledger: up to 128 recipients of one campaign in one document, as columns. A recipient's state
 * is one letter; every change of it is a pure function here, and reaches the store as one conditional replace.
 */
import * as z from 'zod'
import { WorkspaceId } from '../ids.ts'
import type { CallResult } from '../whatsapp/outcome.ts'

export const PAGE_SIZE = 128
/** Recipients claimed at a time: a crash leaves at most so many uncertain. */
export const BLOCK_SIZE = 32
/** How long a block's claim keeps others away: longer than any call to Meta can take (whatsapp/graph.ts). */
export const LEASE_MS = 30_000

/** Why a recipient failed, was skipped or is uncertain; `code` is Meta's, or 0 for a reason of our own. */
const Note = z.object({ code: z.int(), reason: z.string(), at: z.string() })
export type Note = z.output<typeof Note>

const Wait = z.object({ tries: z.int(), until: z.string() })

export const Page = z.object({
  id: z.string(),
  pk: z.string(),
  type: z.literal('page'),
  v: z.literal(1),
  workspace_id: WorkspaceId,
  campaign_id: z.string(),
  number: z.int(),
  /** Grows with every write, so that a late copy never overwrites a newer one in the facts. */
  version: z.int(),
  contacts: z.array(z.string()),
  addresses: z.array(z.string()),
  /** Frozen parameter values, in the order the template asks for them. */
  parameters: z.array(z.array(z.string())),
  /** p pending, c claimed, a accepted by Meta, f failed, u uncertain, s skipped, x cancelled: one letter a recipient. */
  states: z.string(),
  /** Position to wamid. */
  wamids: z.record(z.string(), z.string()),
  notes: z.record(z.string(), Note),
  /** Recipients to be tried again, not before a time. */
  waits: z.record(z.string(), Wait),
  lease: z.object({ holder: z.string(), until: z.string() }).nullable(),
  /** Position to the campaign's retry in which it was put back to pending. */
  resends: z.record(z.string(), z.int()).default({}),
  /** The latest retry of the campaign this page was looked at for: no slow worker of an earlier one reopens it. */
  round: z.int().default(0),
  /** The latest queue message this page was seen with; earlier ones end when they come back. */
  release: z.int(),
})
export type Page = z.output<typeof Page>

export type SendResult = CallResult | { kind: 'skipped'; reason: string }

export function pageId(number: number): string {
  return `p${String(number).padStart(8, '0')}`
}

export function stateAt(page: Page, position: number): string {
  return page.states.charAt(position)
}

/** Positions that may be sent to now, at most `limit`. */
export function sendable(
  page: Page,
  now: Date,
  limit: number,
  allows: (position: number) => boolean = () => true,
): number[] {
  const found: number[] = []
  for (let position = 0; position < page.states.length && found.length < limit; position++) {
    const wait = page.waits[position]
    const isDue = stateAt(page, position) === 'p' && (!wait || wait.until <= now.toISOString())
    if (isDue && allows(position)) found.push(position)
  }
  return found
}

/** True if somebody may be sending to the claimed recipients of this page right now. */
export function isLeased(page: Page, now: Date): boolean {
  return page.lease !== null && page.lease.until > now.toISOString()
}

export function leaseLeftMs(page: Page, now: Date): number {
  return page.lease === null ? 0 : Math.max(0, Date.parse(page.lease.until) - now.getTime())
}

/** Every recipient has an outcome. */
export function isSettled(page: Page): boolean {
  return !/[pc]/.test(page.states)
}

/** When the first waiting recipient may be tried again, or undefined if none waits. */
export function nextTry(page: Page): string | undefined {
  const times = Object.entries(page.waits).filter(([position]) => stateAt(page, Number(position)) === 'p')
  return times.map(([, wait]) => wait.until).sort()[0]
}

/** When somebody of this page may be sent to again, if all who are left wait. */
export function restsUntil(page: Page): string | undefined {
  const isBusy = Array.from(page.states).some(
    (state, position) => state === 'c' || (state === 'p' && !page.waits[position]),
  )
  return isBusy ? undefined : nextTry(page)
}

/** Claims `positions` for `holder`; an empty list ends the lease. */
export function claimed(page: Page, positions: number[], holder: string, now: Date): Page {
  if (positions.length === 0) return { ...page, lease: null }
  return { ...held(page, holder, now), states: withStates(page.states, positions, 'c') }
}

/** Nobody else touches the page for a while. */
export function held(page: Page, holder: string, now: Date): Page {
  return { ...page, lease: { holder, until: new Date(now.getTime() + LEASE_MS).toISOString() } }
}

/**
 * The one place that decides what becomes of recipients whose worker died between claiming and recording: nobody knows
 * whether Meta took their message, so they are never sent to again by themselves. A status webhook binds those it took.
 */
export function recovered(page: Page, now: Date): Page {
  const lost = positionsIn(page, 'c')
  if (lost.length === 0) return { ...page, lease: null }
  const note = { code: 0, reason: 'worker_stopped', at: now.toISOString() }
  const notes = { ...page.notes, ...Object.fromEntries(lost.map((position) => [String(position), note])) }
  return { ...page, states: withStates(page.states, lost, 'u'), notes, lease: null }
}

const RESULT_LETTER = { accepted: 'a', failed: 'f', skipped: 's', uncertain: 'u', again: 'p' } as const

/** The page with the results of a block in it. */
export function recorded(page: Page, results: ReadonlyMap<number, SendResult>, now: Date): Page {
  const letters = Array.from(page.states)
  const next = { ...page, wamids: { ...page.wamids }, notes: { ...page.notes }, waits: { ...page.waits } }
  for (const [position, result] of results) {
    letters[position] = RESULT_LETTER[result.kind]
    if (result.kind === 'accepted') next.wamids[position] = result.wamid
    else if (result.kind === 'again') next.waits[position] = waitAfter(page, position, result, now)
    else
      next.notes[position] = { code: 'code' in result ? result.code : 0, reason: result.reason, at: now.toISOString() }
  }
  return { ...next, states: letters.join('') }
}

/** Pending recipients wait until the time given for their address, if one is. */
export function waitingUntil(page: Page, until: (address: string) => Date | undefined): Page {
  const waits = { ...page.waits }
  let changed = false
  for (const position of positionsIn(page, 'p')) {
    const time = until(page.addresses[position] ?? '')?.toISOString()
    if (time === undefined || (waits[position]?.until ?? '') >= time) continue
    waits[position] = { tries: triesOf(page, position), until: time }
    changed = true
  }
  return changed ? { ...page, waits } : page
}

/** Everyone who has not been sent to is cancelled. */
export function cancelled(page: Page): Page {
  return { ...page, states: withStates(page.states, positionsIn(page, 'p'), 'x'), waits: {} }
}

/** Puts `positions` back to pending, on a person's request only: the campaign's retry number `round`. */
export function reopened(page: Page, positions: number[], round: number): Page {
  const resends = { ...page.resends, ...Object.fromEntries(positions.map((position) => [String(position), round])) }
  const notes = without(page.notes, positions)
  return { ...page, states: withStates(page.states, positions, 'p'), notes, waits: {}, resends, round }
}

/** No retry puts anybody of this page back to pending any more. */
export function closed(page: Page): Page {
  return { ...page, round: CLOSED }
}

export function isClosed(page: Page): boolean {
  return page.round === CLOSED
}

const CLOSED = Number.MAX_SAFE_INTEGER

/** Those of `reached` need no other message: Meta took one already, in the sending given for each. */
export function bound(page: Page, reached: ReadonlyMap<number, number>): Page {
  const positions = [...reached.keys()]
  const resends = { ...page.resends, ...Object.fromEntries(reached) }
  return { ...page, states: withStates(page.states, positions, 'a'), waits: without(page.waits, positions), resends }
}

export function positionsIn(page: Page, letter: string): number[] {
  return Array.from(page.states).flatMap((state, position) => (state === letter ? [position] : []))
}

/** How often this recipient was tried without Meta taking the message. */
export function triesOf(page: Page, position: number): number {
  return page.waits[position]?.tries ?? 0
}

function waitAfter(page: Page, position: number, { afterMs, isFree }: SendResult & { kind: 'again' }, now: Date) {
  const tries = triesOf(page, position) + (isFree ? 0 : 1)
  return { tries, until: new Date(now.getTime() + afterMs).toISOString() }
}

function withStates(states: string, positions: number[], letter: string): string {
  const letters = Array.from(states)
  for (const position of positions) letters[position] = letter
  return letters.join('')
}

function without<T>(record: Readonly<Record<string, T>>, positions: number[]): Record<string, T> {
  const gone = new Set(positions.map(String))
  return Object.fromEntries(Object.entries(record).filter(([position]) => !gone.has(position)))
}
