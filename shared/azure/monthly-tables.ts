/** Tables of which each month has its own, so that what is old goes away as one. */
import type { Config } from '../config.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import { statusOf } from './retry.ts'
import { tableClient, tableService } from './storage.ts'
import { storageTable, type Table } from './tables.ts'

export interface MonthlyTables {
  /** The table of that month (`yyyymm`), made where it is missing: so nobody has to make it in time. */
  open: (month: string) => Promise<Table>
  /** The table of a month that may have none: then it is read as empty. */
  peek: (month: string) => Table
  /** Safe to repeat. */
  drop: (month: string) => Promise<void>
}

export function monthlyTables(config: Config, prefix: string, telemetry?: Telemetry): MonthlyTables {
  const tables = new Map<string, Promise<Table>>()
  const peek = (month: string): Table => storageTable(tableClient(config, `${prefix}${month}`, telemetry))
  const make = async (month: string): Promise<Table> => {
    await tableService(config).createTable(`${prefix}${month}`)
    return peek(month)
  }
  return {
    open(month) {
      const table = tables.get(month) ?? make(month)
      tables.set(month, table)
      table.catch(() => tables.delete(month))
      return table
    },
    peek,
    async drop(month) {
      tables.delete(month)
      try {
        await tableService(config).deleteTable(`${prefix}${month}`)
      } catch (error) {
        if (statusOf(error) !== 404) throw error
      }
    },
  }
}

/** The month of a time, or of so many months before or after it, as `yyyymm` (UTC). */
export function monthOf(date: Date, offset = 0): string {
  const month = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + offset, 1))
  return month.toISOString().slice(0, 7).replace('-', '')
}

/** Opens tables of which nothing is needed for long: with the first one of a month, the one of two months before goes. */
export function openDropping(tables: MonthlyTables): (month: string) => Promise<Table> {
  const seen = new Set<string>()
  return (month) => {
    if (!seen.has(month)) {
      seen.add(month)
      const [year, number] = [Number(month.slice(0, 4)), Number(month.slice(4))]
      // Not worth failing a request for: the next start of a process tries again.
      tables.drop(monthOf(new Date(Date.UTC(year, number - 1)), -2)).catch(() => undefined)
    }
    return tables.open(month)
  }
}
