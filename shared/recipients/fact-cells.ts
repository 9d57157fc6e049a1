/** A row of facts as Table Storage keeps it: its columns as bytes, and its counts, so that a campaign's are a sum. */
import type { Cell } from '../azure/tables.ts'
import { COUNT_NAMES, countRow, noCounts, type Counts, type FactRow } from './fact-row.ts'
import { PAGE_SIZE } from './page.ts'

/** The cells a campaign's counters are read from, without the columns. */
export const COUNT_CELLS = [...COUNT_NAMES.map((name) => `count_${name}`), 'failures', 'priced', 'settled', 'next_try']

export function toCells(row: FactRow): Record<string, Cell> {
  const counts = countRow(row)
  return {
    version: row.version,
    settled: row.settled,
    ...(row.nextTry === undefined ? {} : { next_try: row.nextTry }),
    size: row.size,
    outcomes: row.outcomes,
    ...columnCells(row),
    ...Object.fromEntries(COUNT_NAMES.map((name) => [`count_${name}`, counts[name]])),
    failures: JSON.stringify(counts.failures),
    ...(row.prices.trim() === '' ? {} : { prices: row.prices, priced: JSON.stringify(counts.priced) }),
  }
}

export function fromCells(cells: Record<string, Cell>): FactRow {
  return {
    version: typeof cells['version'] === 'number' ? cells['version'] : -1,
    settled: cells['settled'] === true,
    nextTry: typeof cells['next_try'] === 'string' ? cells['next_try'] : undefined,
    size: typeof cells['size'] === 'number' ? cells['size'] : PAGE_SIZE,
    outcomes: lettersOf(cells['outcomes']),
    prices: lettersOf(cells['prices']),
    outcomeCodes: fromBytes(cells['outcome_codes']),
    sent: fromBytes(cells['sent_at']),
    delivered: fromBytes(cells['delivered_at']),
    read: fromBytes(cells['read_at']),
    failed: fromBytes(cells['failed_at']),
    failedCodes: fromBytes(cells['failed_codes']),
    replied: fromBytes(cells['replied_at']),
    rounds: fromBytes(cells['rounds']),
    sentRounds: fromBytes(cells['sent_rounds']),
    failedRounds: fromBytes(cells['failed_rounds']),
  }
}

/** The counts of a row as they were stored with it. */
export function countsFromCells(cells: Record<string, Cell>): Counts {
  const counts = noCounts()
  for (const name of COUNT_NAMES) counts[name] = Number(cells[`count_${name}`] ?? 0)
  // Written by toCells.
  counts.failures = JSON.parse(String(cells['failures'] ?? '{}')) as Record<string, number>
  counts.priced = JSON.parse(String(cells['priced'] ?? '{}')) as Record<string, number>
  return counts
}

/** A column in which nothing stands is left out: most rows have no failure and no second sending. */
function columnCells(row: FactRow): Record<string, Cell> {
  const columns = {
    outcome_codes: row.outcomeCodes,
    sent_at: row.sent,
    delivered_at: row.delivered,
    read_at: row.read,
    replied_at: row.replied,
    failed_at: row.failed,
    failed_codes: row.failedCodes,
    rounds: row.rounds,
    sent_rounds: row.sentRounds,
    failed_rounds: row.failedRounds,
  }
  const used = Object.entries(columns).filter(([, column]) => column.some((value) => value > 0))
  return Object.fromEntries(used.map(([name, column]) => [name, toBytes(column)]))
}

function lettersOf(cell: Cell | undefined): string {
  return (typeof cell === 'string' ? cell : '').padEnd(PAGE_SIZE, ' ')
}

function toBytes(column: Uint32Array): Uint8Array {
  return new Uint8Array(column.buffer.slice(0))
}

function fromBytes(cell: Cell | undefined): Uint32Array {
  const column = new Uint32Array(PAGE_SIZE)
  if (cell instanceof Uint8Array) new Uint8Array(column.buffer).set(cell.subarray(0, column.byteLength))
  return column
}
