/** Table Storage for a simulated host: rows with versions, all-or-nothing writes, as shared/azure/tables.ts promises. */
import type { Row, RowQuery, Table } from '../../../shared/azure/tables.ts'
import { AppError } from '../../../shared/errors.ts'
import type { Host } from '../host.ts'

export interface TableStore {
  rows: Map<string, Row>
  /** After every write that landed. */
  onWrite(rows: Row[]): void
  versions: number
}

export function createTableStore(onWrite: TableStore['onWrite'] = () => undefined): TableStore {
  return { rows: new Map(), onWrite, versions: 0 }
}

const MOST_ROWS = 100

export function simulatedTable(store: TableStore, name: string, host: Host): Table {
  return {
    read: (partition, key) =>
      host.call('table', `read ${name}/${key}`, { apply: () => copied(store.rows.get(`${partition} ${key}`)) }),
    async *query(query) {
      yield* await host.call('table', `query ${name}`, { apply: () => matching(store, query) })
    },
    write(rows) {
      if (rows.length === 0) return Promise.resolve([])
      if (rows.length > MOST_ROWS || new Set(rows.map(({ partition }) => partition)).size > 1) {
        throw new RangeError('A transaction is of one partition and 100 rows at most')
      }
      const label = `write ${name}/${rows.map(({ key }) => key).join(',')}`
      return host.call('table', label, {
        apply: () => writeAll(store, rows),
        // A repeated write meets its own first attempt, and its caller reads again.
        again: () => {
          throw conflict()
        },
      })
    },
  }
}

function matching(store: TableStore, { partition, from, to, select }: RowQuery): Row[] {
  return [...store.rows.values()]
    .filter((row) => row.partition === partition)
    .filter(({ key }) => (from === undefined || key >= from) && (to === undefined || key <= to))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map((row) => ({
      ...row,
      cells: Object.fromEntries(Object.entries(row.cells).filter(([name]) => select?.includes(name) ?? true)),
    }))
}

function writeAll(store: TableStore, rows: Row[]): string[] {
  for (const { partition, key, etag } of rows) {
    if (store.rows.get(`${partition} ${key}`)?.etag !== etag) throw conflict()
  }
  const landed = rows.map((row) => ({ ...copied(row)!, etag: `v${++store.versions}` }))
  for (const row of landed) store.rows.set(`${row.partition} ${row.key}`, row)
  store.onWrite(landed)
  return landed.map(({ etag }) => etag)
}

function copied(row: Row | undefined): Row | undefined {
  if (!row) return undefined
  const cells = Object.entries(row.cells).map(([name, value]) => [
    name,
    value instanceof Uint8Array ? value.slice() : value,
  ])
  // Each entry is a cell's name and a cell.
  return { ...row, cells: Object.fromEntries(cells) as Row['cells'] }
}

function conflict(): AppError {
  return new AppError('conflict', 'Somebody else changed this at the same time')
}
