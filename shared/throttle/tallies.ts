/**
 * Tallies in Table Storage, shared by all instances: each change is written only over the version it was made from.
 *
 * A month's tallies have a table of their own, which the month's first change makes; one that is not there yet is looked
 * for in the month before, so that the turn of a month forgives nothing. The tables before that are dropped. Keys are
 * hashes: no address of a person or machine is stored in clear.
 */
import { monthOf, openDropping, type MonthlyTables } from '../azure/monthly-tables.ts'
import type { Row, Table } from '../azure/tables.ts'
import { retryingConflicts } from '../conflicts.ts'
import { sha256Hex } from '../crypto/sha256.ts'
import { NO_TALLY, type Tally } from './rules.ts'

export interface Tallies {
  /** Throws `conflict` if others go on changing the same tally. Without a tally, `change` leaves it as it is. */
  change<T>(rule: string, key: string, change: (tally: Tally) => { tally?: Tally; result: T }): Promise<T>
}

export function storedTallies({ tables, now }: { tables: MonthlyTables; now: () => Date }): Tallies {
  const turns = new Map<string, Promise<unknown>>()
  const open = openDropping(tables)

  async function find(table: Table, partition: string, rule: string): Promise<{ tally: Tally; etag?: string }> {
    const row = await table.read(partition, rule)
    if (row) return { tally: toTally(row), ...(row.etag === undefined ? {} : { etag: row.etag }) }
    const older = await tables.peek(monthOf(now(), -1)).read(partition, rule)
    return { tally: older ? toTally(older) : NO_TALLY }
  }

  /** One change at a time per tally in this process, or its own requests would conflict with each other. */
  async function inTurn<T>(name: string, work: () => Promise<T>): Promise<T> {
    const mine = (turns.get(name) ?? Promise.resolve()).then(work, work)
    turns.set(name, mine)
    try {
      return await mine
    } finally {
      if (turns.get(name) === mine) turns.delete(name)
    }
  }

  return {
    change(rule, key, change) {
      const partition = partitionOf(rule, key)
      return inTurn(partition, () =>
        retryingConflicts(async () => {
          const table = await open(monthOf(now()))
          const { tally, etag } = await find(table, partition, rule)
          const { tally: next, result } = change(tally)
          if (next) {
            const row: Row = { partition, key: rule, cells: { ...next } }
            await table.write([etag === undefined ? row : { ...row, etag }])
          }
          return result
        }),
      )
    },
  }
}

function partitionOf(rule: string, key: string): string {
  return sha256Hex(`${rule}:${key}`)
}

function toTally({ cells }: Row): Tally {
  const cell = (name: keyof Tally): number => {
    const value = cells[name]
    return typeof value === 'number' ? value : NO_TALLY[name]
  }
  return {
    count: cell('count'),
    sinceMs: cell('sinceMs'),
    blockedUntilMs: cell('blockedUntilMs'),
    trustedUntilMs: cell('trustedUntilMs'),
  }
}
