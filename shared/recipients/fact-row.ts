/**
 * What is known of the recipients of one page, as one table row of fixed-width columns: a fact is a filled slot, so it
 * exists once, in whatever order and however often it is reported. Counts are computed from the slots of the row they
 * are stored in; nothing ever adds to them.
 */
import type { Cell } from '../azure/tables.ts'
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
}

/** What our own sending came to, copied from a page. */
export interface PageOutcome {
  page: number
  version: number
  states: string
  settled: boolean
  /** Position to error code, for failed and skipped recipients. */
  codes: ReadonlyMap<number, number>
}

export interface FactRow {
  version: number
  settled: boolean
  /** Recipients of the page; all it may have until the page itself was heard of. */
  size: number
  /** One letter per recipient, as in the page; a space where nothing is known yet. */
  outcomes: string
  outcomeCodes: Uint32Array
  sent: Uint32Array
  delivered: Uint32Array
  read: Uint32Array
  failed: Uint32Array
  failedCodes: Uint32Array
}

export interface Counts {
  sent: number
  delivered: number
  read: number
  failed: number
  skipped: number
  cancelled: number
  uncertain: number
  /** Failures by error code. */
  failures: Record<string, number>
}

export function emptyRow(): FactRow {
  const column = () => new Uint32Array(PAGE_SIZE)
  return {
    version: -1,
    settled: false,
    size: PAGE_SIZE,
    outcomes: ' '.repeat(PAGE_SIZE),
    outcomeCodes: column(),
    sent: column(),
    delivered: column(),
    read: column(),
    failed: column(),
    failedCodes: column(),
  }
}

/** Fills the slots a status stands for: read implies delivered, delivered implies sent. False if nothing is new. */
export function applyStatus(row: FactRow, fact: StatusFact): boolean {
  const at = Math.max(1, fact.at)
  if (fact.kind === 'failed') {
    if (!fill(row.failed, fact.position, at)) return false
    row.failedCodes[fact.position] = fact.code
    return true
  }
  let changed = fill(row.sent, fact.position, at)
  if (fact.kind !== 'sent') changed = fill(row.delivered, fact.position, at) || changed
  if (fact.kind === 'read') changed = fill(row.read, fact.position, at) || changed
  return changed
}

/** Takes over what the page says, unless the row already holds a newer version of it. False if nothing is new. */
export function applyOutcome(row: FactRow, outcome: PageOutcome): boolean {
  if (outcome.version <= row.version) return false
  row.version = outcome.version
  row.settled = outcome.settled
  row.size = outcome.states.length
  row.outcomes = outcome.states.padEnd(PAGE_SIZE, ' ')
  row.outcomeCodes.fill(0)
  for (const [position, code] of outcome.codes) row.outcomeCodes[position] = code
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
  if (row.failed[position]) return 'failed'
  if (row.sent[position]) return 'sent'
  return OUTCOME_STATE[row.outcomes.charAt(position)] ?? 'pending'
}

/** Counters are cumulative: whoever read it counts as delivered and sent too. */
const COUNTED_AS: Record<KnownState, readonly (typeof COUNT_NAMES)[number][]> = {
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
    if (state === 'failed') countFailure(counts, row, position)
  }
  return counts
}

export function noCounts(): Counts {
  return { sent: 0, delivered: 0, read: 0, failed: 0, skipped: 0, cancelled: 0, uncertain: 0, failures: {} }
}

export function addCounts(sum: Counts, more: Counts): void {
  for (const name of COUNT_NAMES) sum[name] += more[name]
  for (const [code, count] of Object.entries(more.failures)) sum.failures[code] = (sum.failures[code] ?? 0) + count
}

const COUNT_NAMES = ['sent', 'delivered', 'read', 'failed', 'skipped', 'cancelled', 'uncertain'] as const

/** The cells a campaign's counters are read from, without the columns. */
export const COUNT_CELLS = [...COUNT_NAMES.map((name) => `count_${name}`), 'failures', 'settled']

export function toCells(row: FactRow): Record<string, Cell> {
  const counts = countRow(row)
  return {
    version: row.version,
    settled: row.settled,
    size: row.size,
    outcomes: row.outcomes,
    outcome_codes: toBytes(row.outcomeCodes),
    sent_at: toBytes(row.sent),
    delivered_at: toBytes(row.delivered),
    read_at: toBytes(row.read),
    failed_at: toBytes(row.failed),
    failed_codes: toBytes(row.failedCodes),
    ...Object.fromEntries(COUNT_NAMES.map((name) => [`count_${name}`, counts[name]])),
    failures: JSON.stringify(counts.failures),
  }
}

export function fromCells(cells: Record<string, Cell>): FactRow {
  return {
    version: typeof cells['version'] === 'number' ? cells['version'] : -1,
    settled: cells['settled'] === true,
    size: typeof cells['size'] === 'number' ? cells['size'] : PAGE_SIZE,
    outcomes: typeof cells['outcomes'] === 'string' ? cells['outcomes'].padEnd(PAGE_SIZE, ' ') : ' '.repeat(PAGE_SIZE),
    outcomeCodes: fromBytes(cells['outcome_codes']),
    sent: fromBytes(cells['sent_at']),
    delivered: fromBytes(cells['delivered_at']),
    read: fromBytes(cells['read_at']),
    failed: fromBytes(cells['failed_at']),
    failedCodes: fromBytes(cells['failed_codes']),
  }
}

/** The counts of a row as they were stored with it. */
export function countsFromCells(cells: Record<string, Cell>): Counts {
  const counts = noCounts()
  for (const name of COUNT_NAMES) counts[name] = Number(cells[`count_${name}`] ?? 0)
  // Written by toCells.
  counts.failures = JSON.parse(String(cells['failures'] ?? '{}')) as Record<string, number>
  return counts
}

function fill(column: Uint32Array, position: number, value: number): boolean {
  if (column[position] !== 0) return false
  column[position] = value
  return true
}

function countFailure(counts: Counts, row: FactRow, position: number): void {
  const code = row.failed[position] ? row.failedCodes[position] : row.outcomeCodes[position]
  counts.failures[String(code ?? 0)] = (counts.failures[String(code ?? 0)] ?? 0) + 1
}

function toBytes(column: Uint32Array): Uint8Array {
  return new Uint8Array(column.buffer.slice(0))
}

function fromBytes(cell: Cell | undefined): Uint32Array {
  const column = new Uint32Array(PAGE_SIZE)
  if (cell instanceof Uint8Array) new Uint8Array(column.buffer).set(cell.subarray(0, column.byteLength))
  return column
}
