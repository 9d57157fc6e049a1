/**
 * Stores rows as contacts, up to 100 with one request. Most files bring new contacts, so rows are created without looking
 * first; where some exist already, one query tells which, and what is new or changed is written. Contacts that would stay
 * as they are are not written, so the same file again costs reads only.
 */
import type { BatchOperation } from '../../azure/cosmos.ts'
import { retryingConflicts } from '../../conflicts.ts'
import { isConflict } from '../../errors.ts'
import { storedAttributeBytes } from '../attributes.ts'
import { contactId, type Contact } from '../schema.ts'
import type { ContactStore } from '../store.ts'
import { planRow, type Existing, type PlannedRow, type PlanRules, type WrittenRow } from './plan-row.ts'
import type { ReadyRow } from './row.ts'

/** Rows whose contacts are looked up by one query. */
export const ROWS_PER_LOOKUP = 200
const ROWS_PER_BATCH = 100
/** What names and tags of 100 contacts leave of a batch's 2 MB. */
const MOST_ATTRIBUTE_BYTES = 300_000

export interface Importing extends PlanRules {
  store: ContactStore
  /** How many contacts may still be created; what goes beyond fails. Counted down here. */
  room?: { left: number }
}

/** Stores at most ROWS_PER_LOOKUP rows with different numbers. What came of each, in their order. */
export type WriteRows = (rows: ReadyRow[]) => Promise<WrittenRow[]>

/** A writer for one file: where contacts existed, it expects the next rows' to exist too. */
export function rowWriter(importing: Importing): WriteRows {
  let expectsNew = true
  return async (rows) => {
    // With little room it matters which rows are new.
    const isTight = (importing.room?.left ?? Infinity) < rows.length
    const existing = expectsNew && !isTight ? new Map() : await lookUp(importing, rows)
    const batches = []
    for (let from = 0; from < rows.length; from += ROWS_PER_BATCH) {
      batches.push(rows.slice(from, from + ROWS_PER_BATCH))
    }
    const written = await Promise.all(batches.map((batch) => writeBatch(importing, batch, existing)))
    expectsNew = written.every(({ areNew }) => areNew)
    return written.flatMap((batch) => batch.rows)
  }
}

async function lookUp({ store, workspaceId }: Importing, rows: ReadyRow[]): Promise<Existing> {
  const ids = rows.map(({ phone }) => contactId(workspaceId, phone.waId))
  const found = await store.lookMany(workspaceId, ids)
  return new Map(found.map((stored) => [stored.value.id, stored]))
}

interface WrittenBatch {
  rows: WrittenRow[]
  areNew: boolean
}

/** Where contacts exist or change that should not, the batch is judged again on what is there now. */
async function writeBatch(importing: Importing, rows: ReadyRow[], existing: Existing): Promise<WrittenBatch> {
  const attempt = async (known: Existing): Promise<WrittenBatch> => {
    const planned = withinRoom(
      importing,
      rows.map((row) => planRow(importing, row, known)),
    )
    const created = planned.filter(isNewContact).length
    const operations = planned.flatMap(({ operation }) => operation ?? [])
    if (attributeBytes(operations) > MOST_ATTRIBUTE_BYTES && rows.length > 1) return inHalves(importing, rows, known)
    if (importing.room) importing.room.left -= created
    try {
      if (operations.length > 0) await importing.store.writeAll(importing.workspaceId, operations)
    } catch (error) {
      if (importing.room) importing.room.left += created
      throw error
    }
    return {
      rows: planned.map(({ status, reason }) => ({ status, reason })),
      areNew: planned.every(({ operation }) => operation?.kind === 'create'),
    }
  }
  try {
    return await attempt(existing)
  } catch (error) {
    if (!isConflict(error)) throw error
    return retryingConflicts(async () => attempt(await lookUp(importing, rows)))
  }
}

const NO_ROOM =
  'The plan of this workspace has no room for more contacts: delete some that are not needed, or have an OWNER change the plan'

function withinRoom({ room }: Importing, planned: PlannedRow[]): PlannedRow[] {
  let left = room?.left ?? Infinity
  return planned.map((row) => (!isNewContact(row) || left-- > 0 ? row : { status: 'failed', reason: NO_ROOM }))
}

/** A deleted one that comes back too. */
function isNewContact({ status, operation }: PlannedRow): boolean {
  return status === 'imported' && operation !== undefined
}

async function inHalves(importing: Importing, rows: ReadyRow[], known: Existing): Promise<WrittenBatch> {
  const middle = Math.ceil(rows.length / 2)
  const first = await writeBatch(importing, rows.slice(0, middle), known)
  const second = await writeBatch(importing, rows.slice(middle), known)
  return { rows: [...first.rows, ...second.rows], areNew: first.areNew && second.areNew }
}

function attributeBytes(operations: BatchOperation<Contact>[]): number {
  let bytes = 0
  for (const { document } of operations) bytes += storedAttributeBytes(document)
  return bytes
}
