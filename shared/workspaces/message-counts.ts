/**
 * How many messages each workspace sent this month: one row each in a table of the month, written only over the version
 * it was read at. What comes at once in one process is added in one write, so that a busy workspace is not slowed down.
 */
import { monthOf, openDropping, type MonthlyTables } from '../azure/monthly-tables.ts'
import type { Row, Table } from '../azure/tables.ts'
import { retryingConflicts } from '../conflicts.ts'
import { newUuid, type WorkspaceId } from '../ids.ts'

export interface Added {
  isAdded: boolean
  /** With what was added. */
  total: number
}

export interface MessageCounts {
  /** Adds nothing if the month would come to more than `most`. */
  add(workspaceId: WorkspaceId, count: number, most: number | null): Promise<Added>
  of(workspaceId: WorkspaceId): Promise<number>
}

interface Waiting {
  count: number
  most: number | null
  done: (added: Added) => void
  failed: (error: unknown) => void
}

export function messageCounts({ tables, now }: { tables: MonthlyTables; now: () => Date }): MessageCounts {
  const open = openDropping(tables)
  const queues = new Map<WorkspaceId, Waiting[]>()

  /** Whoever finds nobody at it writes for all who come meanwhile. */
  async function work(workspaceId: WorkspaceId, queue: Waiting[]): Promise<void> {
    while (queue.length > 0) {
      const batch = queue.splice(0)
      try {
        const table = await open(monthOf(now()))
        const added = await write(table, workspaceId, batch)
        batch.forEach(({ done }, index) => done(added[index] ?? { isAdded: false, total: 0 }))
      } catch (error) {
        for (const { failed } of batch) failed(error)
      }
    }
    queues.delete(workspaceId)
  }

  return {
    add(workspaceId, count, most) {
      return new Promise((done, failed) => {
        const queue = queues.get(workspaceId)
        const waiting = { count, most, done, failed }
        if (queue) {
          queue.push(waiting)
          return
        }
        const mine = [waiting]
        queues.set(workspaceId, mine)
        void work(workspaceId, mine)
      })
    },
    async of(workspaceId) {
      return countIn(await tables.peek(monthOf(now())).read(workspaceId, ROW))
    },
  }
}

const ROW = 'messages'

function write(table: Table, workspaceId: WorkspaceId, batch: readonly Waiting[]): Promise<Added[]> {
  const id = newUuid()
  let outcome: Added[] = []
  return retryingConflicts(async () => {
    const row = await table.read(workspaceId, ROW)
    // Written before, and only the answer was lost.
    if (row?.cells['last'] === id) return outcome
    let total = countIn(row)
    outcome = batch.map(({ count, most }) => {
      const isAdded = most === null || total + count <= most
      if (isAdded) total = Math.max(0, total + count)
      return { isAdded, total }
    })
    if (outcome.some(({ isAdded }) => isAdded)) {
      const next: Row = { partition: workspaceId, key: ROW, cells: { count: total, last: id } }
      await table.write([row?.etag === undefined ? next : { ...next, etag: row.etag }])
    }
    return outcome
  })
}

function countIn(row: Row | undefined): number {
  const count = row?.cells['count']
  return typeof count === 'number' ? count : 0
}
