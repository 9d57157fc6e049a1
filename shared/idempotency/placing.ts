/**
 * Puts the row of a request into the table of its month, or finds the one that is there.
 *
 * The clocks of instances differ, so two of them could begin one request in two tables at the turn of a month. In the
 * first minutes of a month both tables are written, the older one first: the row is there, and the new table has a
 * pointer to it. So whoever is early or late meets the other in one of the two.
 */
import { monthOf, openDropping, type MonthlyTables } from '../azure/monthly-tables.ts'
import type { Row, Table } from '../azure/tables.ts'
import { AppError } from '../errors.ts'

export const KEPT_MS = 24 * 60 * 60 * 1000
/** More than clocks of instances differ by. */
const MOST_SKEW_MS = 5 * 60_000

export interface Placed {
  table: Table
  /** As it is stored: the given one, or an earlier one that has not expired. */
  row: Row
}

export function placing(tables: MonthlyTables): (fresh: Row, nowMs: number) => Promise<Placed> {
  const open = openDropping(tables)
  const tableAt = (ms: number): Promise<Table> => open(monthOf(new Date(ms)))

  async function inBoth(fresh: Row, nowMs: number): Promise<Placed> {
    const [older, newer] = await Promise.all([tableAt(nowMs - MOST_SKEW_MS), tableAt(nowMs)])
    const placed = await put(older, fresh, nowMs)
    const pointer = await put(newer, { ...fresh, cells: { ...fresh.cells, isPointer: true } }, nowMs)
    return isPointer(pointer.row) ? placed : pointer
  }

  /** In the month before, while rows of then are alive. */
  async function ofLastMonth({ partition, key }: Row, nowMs: number): Promise<Placed | undefined> {
    const month = monthOf(new Date(nowMs - KEPT_MS - MOST_SKEW_MS))
    if (month === monthOf(new Date(nowMs))) return undefined
    const row = await tables.peek(month).read(partition, key)
    if (!row || !isAlive(row, nowMs)) return undefined
    const table = await tableAt(nowMs)
    const newer = await table.read(partition, key)
    const isNewer = newer && isAlive(newer, nowMs) && !isPointer(newer)
    return isNewer ? { table, row: newer } : { table: await open(month), row }
  }

  return async (fresh, nowMs) => {
    const isTurn = monthOf(new Date(nowMs - MOST_SKEW_MS)) !== monthOf(new Date(nowMs))
    if (isTurn) return inBoth(fresh, nowMs)
    const placed = (await ofLastMonth(fresh, nowMs)) ?? (await put(await tableAt(nowMs), fresh, nowMs))
    // Begun in the last month, just now.
    if (isPointer(placed.row)) throw new AppError('conflict', 'Somebody began this at the same time')
    return placed
  }
}

/** Most rows are new: written without a look first. */
async function put(table: Table, fresh: Row, nowMs: number): Promise<Placed> {
  try {
    const [etag = ''] = await table.write([fresh])
    return { table, row: { ...fresh, etag } }
  } catch (error) {
    const row = await table.read(fresh.partition, fresh.key)
    if (!row) throw error
    if (isAlive(row, nowMs)) return { table, row }
    const [etag = ''] = await table.write([{ ...fresh, etag: row.etag ?? '' }])
    return { table, row: { ...fresh, etag } }
  }
}

function isAlive({ cells }: Row, nowMs: number): boolean {
  return nowMs < Number(cells['expiresMs'])
}

function isPointer({ cells }: Row): boolean {
  return cells['isPointer'] === true
}
