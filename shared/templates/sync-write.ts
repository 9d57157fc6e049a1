/** Writes what a sync found, in batches. A batch that loses to somebody else's write is done one by one. */
import type { BatchOperation } from '../azure/cosmos.ts'
import { isConflict } from '../errors.ts'
import { tokenOf, type PhoneNumber } from '../phone-numbers/schema.ts'
import { refreshTemplate } from './ask.ts'
import type { Template } from './schema.ts'
import { templateStore } from './store.ts'
import type { SyncChange } from './sync-change.ts'
import type { SyncDeps } from './sync.ts'

/** Cosmos DB takes 100 operations and 2 MB. */
const MOST_OPERATIONS = 100
const MOST_BYTES = 1_000_000

interface Done {
  created: number
  updated: number
  removed: number
}

export async function writeChanges(deps: SyncDeps, number: PhoneNumber, changes: SyncChange[]): Promise<Done> {
  const done: Done = { created: 0, updated: 0, removed: 0 }
  const templates = templateStore(deps.containers)
  for (const chunk of chunksOf(changes)) {
    try {
      await templates.writeAll(
        number.workspace_id,
        chunk.map((change) => operationOf(change, deps.now())),
      )
      for (const { kind } of chunk) done[kind]++
    } catch (error) {
      if (!isConflict(error)) throw error
      for (const change of chunk) {
        if (await writeOne(deps, number, change)) done[change.kind]++
      }
    }
  }
  return done
}

/** False if somebody else made it, or deleted it, meanwhile. */
async function writeOne(deps: SyncDeps, number: PhoneNumber, change: SyncChange): Promise<boolean> {
  const templates = templateStore(deps.containers)
  try {
    await templates.writeAll(number.workspace_id, [operationOf(change, deps.now())])
    return true
  } catch (error) {
    if (!isConflict(error)) throw error
  }
  if (change.kind === 'created') return false
  // What Meta's list said may be older than what came in between: Meta is asked for this one again.
  const at = { template: change.next, token: tokenOf(deps.config, number) }
  await refreshTemplate(deps, at, (current) => current.task === undefined)
  return true
}

function operationOf({ next, stored }: SyncChange, now: Date): BatchOperation<Template> {
  const document = { ...next, updated_at: now.toISOString() }
  return stored ? { kind: 'replace', document, etag: stored.etag } : { kind: 'create', document }
}

function chunksOf(changes: SyncChange[]): SyncChange[][] {
  const chunks: SyncChange[][] = []
  let bytes = 0
  for (const change of changes) {
    const size = Buffer.byteLength(JSON.stringify(change.next))
    const last = chunks.at(-1)
    if (last && last.length < MOST_OPERATIONS && bytes + size <= MOST_BYTES) {
      last.push(change)
      bytes += size
    } else {
      chunks.push([change])
      bytes = size
    }
  }
  return chunks
}
