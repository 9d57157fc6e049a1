/** Table Storage as the stores see it: entities with the version they were read at, and all-or-nothing transactions. */
import { odata, type TableClient, type TransactionAction } from '@azure/data-tables'
import { AppError } from '../errors.ts'
import { retrying, statusOf } from './retry.ts'

export type Cell = string | number | boolean | Uint8Array

/** A row: its two keys, its version where it was read, and its cells. */
export interface Row {
  partition: string
  key: string
  etag?: string
  cells: Record<string, Cell>
}

export interface RowQuery {
  partition: string
  /** Inclusive bounds of the row key. */
  from?: string
  to?: string
  select?: string[]
}

export interface Table {
  read(partition: string, key: string): Promise<Row | undefined>
  query(query: RowQuery): AsyncIterable<Row>
  /**
   * Writes all rows (≤ 100, one partition) or none: a row with an etag replaces that version, one without is new.
   * Returns the new etags in order. Throws AppError `conflict` if any row changed or exists.
   */
  write(rows: Row[]): Promise<string[]>
}

export function storageTable(client: TableClient): Table {
  return {
    async read(partition, key) {
      try {
        return toRow(await retrying(() => client.getEntity(partition, key)))
      } catch (error) {
        if (statusOf(error) === 404) return undefined
        throw error
      }
    },
    async *query({ partition, from, to, select }) {
      const clauses = [odata`PartitionKey eq ${partition}`]
      if (from !== undefined) clauses.push(odata`RowKey ge ${from}`)
      if (to !== undefined) clauses.push(odata`RowKey le ${to}`)
      const queryOptions = {
        filter: clauses.join(' and '),
        ...(select === undefined ? {} : { select: ['partitionKey', 'rowKey', ...select] }),
      }
      for await (const entity of client.listEntities({ queryOptions })) yield toRow(entity)
    },
    async write(rows) {
      try {
        return await writeRows(client, rows)
      } catch (error) {
        if (isConflict(error))
          throw new AppError('conflict', 'Somebody else changed this at the same time', { cause: error })
        throw error
      }
    },
  }
}

/** Repeated after a lost answer: the caller then sees its own write as a conflict, reads again, and finds nothing left to do. */
async function writeRows(client: TableClient, rows: Row[]): Promise<string[]> {
  const [row] = rows
  if (!row) return []
  if (rows.length === 1) {
    const entity = { partitionKey: row.partition, rowKey: row.key, ...row.cells }
    const answer =
      row.etag === undefined
        ? await retrying(() => client.createEntity(entity))
        : await retrying(() => client.updateEntity(entity, 'Replace', { etag: row.etag ?? '' }))
    return [answer.etag ?? '']
  }
  const actions = rows.map(({ partition, key, etag, cells }): TransactionAction => {
    const entity = { partitionKey: partition, rowKey: key, ...cells }
    return etag === undefined ? ['create', entity] : ['update', entity, 'Replace', { etag }]
  })
  const answer = await retrying(() => client.submitTransaction(actions))
  return answer.subResponses.map((response) => response.etag ?? '')
}

function isConflict(error: unknown): boolean {
  const status = statusOf(error)
  return status === 409 || status === 412
}

function toRow(entity: { partitionKey?: string; rowKey?: string; etag?: string; [name: string]: unknown }): Row {
  const { partitionKey = '', rowKey = '', etag, timestamp: _timestamp, ...rest } = entity
  const cells: Record<string, Cell> = {}
  for (const [name, value] of Object.entries(rest)) {
    // The answer's own notes travel beside the cells.
    if (isCell(value) && !name.startsWith('odata.')) cells[name] = value
  }
  return { partition: partitionKey, key: rowKey, cells, ...(etag === undefined ? {} : { etag }) }
}

function isCell(value: unknown): value is Cell {
  return (
    typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' || value instanceof Uint8Array
  )
}
