/**
 * Moves an import on: reads its file, then writes part after part, each recorded with a conditional write. A step that runs
 * twice finds the place that is recorded; a part that was written and not recorded is written again, which changes nothing.
 */
import type { Stored } from '../azure/cosmos.ts'
import { retryingConflicts } from '../conflicts.ts'
import type { Deps } from '../deps.ts'
import { AppError, isConflict, ValidationError } from '../errors.ts'
import type { QueueMessage } from '../queue/messages.ts'
import { isDeletedWorkspace } from '../workspaces/find.ts'
import { decodedPart, IMPORTS, partBlob, type Part } from './parts.ts'
import { finished, isFinished, withPart, type Import, type PartOutcome } from './schema.ts'
import { importStore } from './store.ts'
import { partWriter } from './write-part.ts'

/** Then the next invocation goes on: none runs for long. */
const RUN_MS = 20_000
/** How often reading says that it is at work. */
const HEARTBEAT_MS = 3_000

export type RunDeps = Pick<Deps, 'containers' | 'blobs' | 'contactCounts' | 'queues' | 'now' | 'log'>

export async function runImport(deps: RunDeps, message: QueueMessage<'contact-imports'>): Promise<void> {
  const store = importStore(deps.containers)
  const stored = await store.find(message.workspace_id, message.import_id)
  if (!stored || isFinished(stored.value)) return
  if (await isDeletedWorkspace(deps, message.workspace_id)) {
    await store.replace(stored, finished(stored.value, 'cancelled', deps.now()))
    return
  }
  const isRead = stored.value.parts !== null
  const ready = isRead ? stored : await read(deps, stored)
  if (ready && (await writeParts(deps, ready))) await deps.queues.send('contact-imports', message)
}

/** The import with its parts; undefined where it was refused or cancelled, or somebody else reads it. */
async function read(deps: RunDeps, stored: Stored<Import>): Promise<Stored<Import> | undefined> {
  const store = importStore(deps.containers)
  const at = () => deps.now().toISOString()
  let current = stored
  let beatenAt = deps.now().getTime()
  const beat = async (rows: number): Promise<void> => {
    if (deps.now().getTime() - beatenAt < HEARTBEAT_MS) return
    beatenAt = deps.now().getTime()
    current = await store.replace(current, { ...current.value, read_rows: rows, updated_at: at() })
  }
  try {
    current = await store.replace(current, { ...current.value, status: 'reading', updated_at: at() })
    // Loaded here: the readers would slow every cold start down for a rare step.
    const { readFile } = await import('./read-file.ts')
    const { rows, parts } = await readFile(deps, current.value, beat)
    const whole = {
      status: 'importing',
      read_rows: rows,
      total_rows: rows,
      parts,
      stalls: 0,
      updated_at: at(),
    } as const
    return await store.replace(current, { ...current.value, ...whole })
  } catch (error) {
    if (isConflict(error)) return undefined
    const problem = refusalIn(error)
    if (problem === undefined) throw error
    deps.log.info('import.refused', { import_id: stored.value.id })
    await store.replace(current, { ...finished(current.value, 'failed', deps.now()), problem })
    return undefined
  }
}

/** What a person has to change about the file; undefined for faults of ours. */
function refusalIn(error: unknown): string | undefined {
  if (error instanceof ValidationError) return error.problems[0]?.msg ?? error.message
  return error instanceof AppError && error.code === 'import_too_large' ? error.message : undefined
}

/** True if there is more to do, and nobody else does it. */
async function writeParts(deps: RunDeps, ready: Stored<Import>): Promise<boolean> {
  const write = partWriter(deps, ready.value)
  const startedAt = deps.now().getTime()
  let ahead: Promise<Part> | undefined
  for (let stored: Stored<Import> | undefined = ready; stored;) {
    const { next_part: number, parts } = stored.value
    const part: Part = await (ahead ?? partOf(deps, stored.value, number))
    ahead = number + 1 < (parts ?? 0) ? partOf(deps, stored.value, number + 1) : undefined
    // Thrown when its turn comes; until then it must not count as unhandled.
    ahead?.catch(() => undefined)
    stored = await record(deps, stored, await write(number, part))
    if (stored && deps.now().getTime() - startedAt >= RUN_MS) return true
  }
  return false
}

async function partOf({ blobs }: RunDeps, job: Import, number: number): Promise<Part> {
  return decodedPart(await blobs.get(IMPORTS, partBlob(job, number)))
}

/** Counts a part once. Undefined where another worker has, or it was the last to be written. */
async function record(deps: RunDeps, begun: Stored<Import>, outcome: PartOutcome): Promise<Stored<Import> | undefined> {
  const store = importStore(deps.containers)
  const { workspace_id, id, next_part } = begun.value
  let known: Stored<Import> | undefined = begun
  return retryingConflicts(async () => {
    const stored = known ?? (await store.find(workspace_id, id))
    known = undefined
    if (stored?.value.next_part !== next_part || isFinished(stored.value)) return undefined
    const next = await store.replace(stored, withPart(stored.value, outcome, deps.now()))
    deps.log.info('import.part_written', { import_id: id, part: next_part })
    if (!isFinished(next.value)) return next
    deps.log.info('import.finished', { import_id: id, status: next.value.status, ...next.value.counts })
    return undefined
  })
}
