/** The rows of an import that were not taken, as CSV: each with its number, the reason, and its cells as they were. */
import { RESULT_COLUMNS } from '../contacts/import/attribute-columns.ts'
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import type { WorkspaceId } from '../ids.ts'
import { csvFile } from '../reports/csv.ts'
import { findImport } from './find.ts'
import { KEPT_DAYS } from './limits.ts'
import { decodedPart, IMPORTS, partBlob, rejectedBlobs } from './parts.ts'
import type { Import } from './schema.ts'

export interface ImportResult {
  /** What the file was called, without its ending. */
  name: string
  content: AsyncIterable<Uint8Array>
}

/** Of an import that is not finished: the rows so far. */
export async function importResult(
  deps: Pick<Deps, 'containers' | 'blobs' | 'now'>,
  workspaceId: WorkspaceId,
  importId: string,
): Promise<ImportResult> {
  const job = await findImport(deps, workspaceId, importId)
  if (deps.now() >= keptUntil(job)) {
    throw new AppError('import_result_expired', `Results are kept for ${KEPT_DAYS} days: import the file again`)
  }
  const header = await headerOf(deps, job)
  return { name: `${job.file_name.replace(/\.[a-z]{2,4}$/i, '')} rejected`, content: contentOf(deps, job, header) }
}

export function keptUntil({ created_at }: Pick<Import, 'created_at'>): Date {
  return new Date(Date.parse(created_at) + KEPT_DAYS * 86_400_000)
}

/** Known as soon as it is read. */
async function headerOf({ blobs }: Pick<Deps, 'blobs'>, job: Import): Promise<string[]> {
  return job.parts === null ? [] : decodedPart(await blobs.get(IMPORTS, partBlob(job, 0))).header
}

/** One part's rows are in memory at a time. */
async function* contentOf({ blobs }: Pick<Deps, 'blobs'>, job: Import, header: string[]): AsyncGenerator<Uint8Array> {
  yield* csvFile([...RESULT_COLUMNS, ...header], noRows())
  for await (const name of blobs.list(IMPORTS, rejectedBlobs(job))) yield await blobs.get(IMPORTS, name)
}

// eslint-disable-next-line @typescript-eslint/require-await -- rows come asynchronously
async function* noRows(): AsyncGenerator<never, void, undefined> {
  yield* []
}
