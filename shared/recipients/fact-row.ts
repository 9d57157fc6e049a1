/**
 * What is known of the recipients of one page, as one table row of fixed-width columns: a fact is a filled slot, so it
 * exists once, in whatever order and however often it is reported. Counts are computed from the slots of the row they
 * are stored in; nothing ever adds to them.
 */
import { PAGE_SIZE } from './page.ts'

export type StatusKind = 'sent' | 'delivered' | 'read' | 'failed'

/** A status Meta reported for one recipient. */
export interface StatusFact {
  page: number
  position: number
  kind: StatusKind
  /** Unix seconds, Meta's own. */
  at: number
  /** Meta's error code of a failure, else 0. */
  code: number
  /** The retry of the campaign in which the message was sent; absent: its first sending. */
  round?: number
  /** What Meta charges it as, if it says so: a letter of whatsapp/pricing.ts. */
  price?: string | undefined
}

/** A recipient answered: wrote with a quote of the message, pressed a button of it, or reacted to it. */
export interface ReplyFact {
  page: number
  position: number
  /** Unix seconds, of the message that answers. */
  at: number
}

/** What our own sending came to, copied from a page. */
export interface PageOutcome {
  page: number
  version: number
  states: string
  settled: boolean
  /** When somebody of it may be sent to again, if all who are left wait. */
  nextTry?: string | undefined
  /** Position to error code, for failed and skipped recipients. */
  codes: ReadonlyMap<number, number>
  /** Position to the retry in which it was put back to pending; earlier failures count no more. */
  rounds?: ReadonlyMap<number, number>
}

export interface FactRow {
  version: number
  settled: boolean
  /** As in the page's outcome. */
  nextTry?: string | undefined
  /** Recipients of the page; all it may have until the page itself was heard of. */
  size: number
  /** One letter per recipient, as in the page; a space where nothing is known yet. */
  outcomes: string
  outcomeCodes: Uint32Array
  /** The retry whose outcome counts: 0 for the first sending. */
  rounds: Uint32Array
  sent: Uint32Array
  delivered: Uint32Array
  read: Uint32Array
  failed: Uint32Array
  failedCodes: Uint32Array
  replied: Uint32Array
  /** One letter per recipient (whatsapp/pricing.ts), in which a higher one outranks a lower; a space where none is known. */
  prices: string
  /** Which sending was reported as sent, and as failed: the latest. */
  sentRounds: Uint32Array
  failedRounds: Uint32Array
}

export interface Counts {
  sent: number
  delivered: number
  read: number
  failed: number
  skipped: number
  cancelled: number
  uncertain: number
  /** Beside all others: an answer changes no state. */
  replied: number
  /** Failures by error code. */
  failures: Record<string, number>
  /** Recipients by the letter of what Meta charges their message as; those of whom it has not said it are in none. */
  priced: Record<string, number>
}

export function emptyRow(): FactRow {
  const column = () => new Uint32Array(PAGE_SIZE)
  return {
    version: -1,
    settled: false,
    size: PAGE_SIZE,
    outcomes: ' '.repeat(PAGE_SIZE),
    outcomeCodes: column(),
    rounds: column(),
    sent: column(),
    delivered: column(),
    read: column(),
    failed: column(),
    failedCodes: column(),
    replied: column(),
    prices: ' '.repeat(PAGE_SIZE),
    sentRounds: column(),
    failedRounds: column(),
  }
}

/**
 * Fills the slots a status stands for: read implies delivered, delivered implies sent. Of several times for a slot the
 * earliest holds, in whatever order they come. False if nothing is new.
 */
export function applyStatus(row: FactRow, fact: StatusFact): boolean {
  if (fact.kind === 'failed') return applyFailure(row, fact)
  const at = Math.max(1, fact.at)
  let changed = fillLatest(row.sent, row.sentRounds, fact)
  if (fact.price !== undefined) changed = applyPrice(row, fact.position, fact.price) || changed
  if (fact.kind !== 'sent') changed = fill(row.delivered, fact.position, at) || changed
  if (fact.kind === 'read') changed = fill(row.read, fact.position, at) || changed
  return changed
}

/** The earliest answer holds, in whatever order they come. False if nothing is new. */
export function applyReply(row: FactRow, { position, at }: ReplyFact): boolean {
  return fill(row.replied, position, Math.max(1, at))
}

/** Takes over what the page says, unless the row already holds a newer version of it. False if nothing is new. */
export function applyOutcome(row: FactRow, outcome: PageOutcome): boolean {
  if (outcome.version <= row.version) return false
  row.version = outcome.version
  row.settled = outcome.settled
  row.nextTry = outcome.nextTry
  row.size = outcome.states.length
  row.outcomes = outcome.states.padEnd(PAGE_SIZE, ' ')
  row.outcomeCodes.fill(0)
  for (const [position, code] of outcome.codes) row.outcomeCodes[position] = code
  row.rounds.fill(0)
  for (const [position, round] of outcome.rounds ?? []) row.rounds[position] = round
  return true
}

export type KnownState = 'read' | 'delivered' | 'sent' | 'failed' | 'uncertain' | 'skipped' | 'cancelled' | 'pending'

const OUTCOME_STATE: Record<string, KnownState> = {
  a: 'sent',
  f: 'failed',
  u: 'uncertain',
  s: 'skipped',
  x: 'cancelled',
}

/** A recipient's state from everything known: what Meta reports outranks what we recorded, failure overrides only "sent". */
export function knownState(row: FactRow, position: number): KnownState {
  if (row.read[position]) return 'read'
  if (row.delivered[position]) return 'delivered'
  if (failureWasReported(row, position)) return 'failed'
  if (isSentAndNotFailed(row, position)) return 'sent'
  return OUTCOME_STATE[row.outcomes.charAt(position)] ?? 'pending'
}

/** Meta's code of a failure, or 0 where it has none. */
export function failureCode(row: FactRow, position: number): number {
  return (failureWasReported(row, position) ? row.failedCodes[position] : row.outcomeCodes[position]) ?? 0
}

/** A failure of an earlier sending is over once somebody asked to send again. */
export function failureWasReported(row: FactRow, position: number): boolean {
  return Boolean(row.failed[position]) && (row.failedRounds[position] ?? 0) >= (row.rounds[position] ?? 0)
}

/** Whatever the sending: Meta has taken a message for this person, and did not report that one as failed. */
function isSentAndNotFailed(row: FactRow, position: number): boolean {
  if (!row.sent[position]) return false
  return !row.failed[position] || (row.failedRounds[position] ?? 0) < (row.sentRounds[position] ?? 0)
}

/** Counters are cumulative: whoever read it counts as delivered and sent too. */
const COUNTED_AS: Record<KnownState, readonly (typeof STATE_NAMES)[number][]> = {
  read: ['sent', 'delivered', 'read'],
  delivered: ['sent', 'delivered'],
  sent: ['sent'],
  failed: ['failed'],
  uncertain: ['uncertain'],
  skipped: ['skipped'],
  cancelled: ['cancelled'],
  pending: [],
}

export function countRow(row: FactRow): Counts {
  const counts = noCounts()
  for (let position = 0; position < row.size; position++) {
    const state = knownState(row, position)
    for (const name of COUNTED_AS[state]) counts[name]++
    if (row.replied[position]) counts.replied++
    if (state === 'failed') countFailure(counts, row, position)
    const price = row.prices.charAt(position)
    if (price !== ' ') counts.priced[price] = (counts.priced[price] ?? 0) + 1
  }
  return counts
}

export function noCounts(): Counts {
  const none = { sent: 0, delivered: 0, read: 0, failed: 0, skipped: 0, cancelled: 0, uncertain: 0, replied: 0 }
  return { ...none, failures: {}, priced: {} }
}

export function addCounts(sum: Counts, more: Counts): void {
  for (const name of COUNT_NAMES) sum[name] += more[name]
  for (const [code, count] of Object.entries(more.failures)) sum.failures[code] = (sum.failures[code] ?? 0) + count
  for (const [letter, count] of Object.entries(more.priced)) sum.priced[letter] = (sum.priced[letter] ?? 0) + count
}

const STATE_NAMES = ['sent', 'delivered', 'read', 'failed', 'skipped', 'cancelled', 'uncertain'] as const
export const COUNT_NAMES = [...STATE_NAMES, 'replied'] as const

function fill(column: Uint32Array, position: number, at: number): boolean {
  const known = column[position] ?? 0
  if (known !== 0 && known <= at) return false
  column[position] = at
  return true
}

function applyPrice(row: FactRow, position: number, letter: string): boolean {
  if (letter <= row.prices.charAt(position)) return false
  row.prices = row.prices.slice(0, position) + letter + row.prices.slice(position + 1)
  return true
}

/** Of two failures at the same time, always the same one gives the reason. */
function applyFailure(row: FactRow, fact: StatusFact): boolean {
  const { position, code, round = 0 } = fact
  const isSameTime = row.failed[position] === Math.max(1, fact.at) && row.failedRounds[position] === round
  const isNews = fillLatest(row.failed, row.failedRounds, fact)
  if (!isNews && !(isSameTime && code < (row.failedCodes[position] ?? 0))) return false
  row.failedCodes[position] = code
  return true
}

/** Of the reports about several sendings, the one about the latest: in whatever order they come. */
function fillLatest(column: Uint32Array, rounds: Uint32Array, { position, at, round = 0 }: StatusFact): boolean {
  const known = column[position] === 0 ? -1 : (rounds[position] ?? 0)
  if (round < known) return false
  if (round === known) return fill(column, position, Math.max(1, at))
  column[position] = Math.max(1, at)
  rounds[position] = round
  return true
}

function countFailure(counts: Counts, row: FactRow, position: number): void {
  const code = String(failureCode(row, position))
  counts.failures[code] = (counts.failures[code] ?? 0) + 1
}
