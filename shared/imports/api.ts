/** Imports of large files as the API's users see them. */
import * as z from 'zod'
import { ImportForm, ImportQuery } from '../contacts/api.ts'
import { PageQuery, pageOf } from '../http/paging.ts'
import { keptUntil } from './result.ts'
import { isFinished, ImportStatus, Reason, type Import } from './schema.ts'

export const ImportJobQuery = ImportQuery
export const ImportJobForm = ImportForm

/** Every endpoint below one import. */
export const ImportPath = z.object({ import_id: z.uuid() })

export const ImportListQuery = PageQuery.extend({ workspace_id: z.uuid() })

const rows = z.int()

export const ImportJobResponse = z
  .object({
    id: z.uuid(),
    workspace_id: z.uuid(),
    status: ImportStatus.describe(
      'queued: uploaded. reading: the file is being judged, nothing is stored yet. importing: contacts are being stored. ' +
        'cancelling: the part that was begun, at most 2,000 rows, is brought to its end. completed, cancelled; failed: `problem` says why',
    ),
    file_name: z.string().meta({ example: 'contacts.csv' }),
    file_size: z.int().describe('Bytes'),
    default_country: z.string().nullable().meta({ example: 'DE' }),
    mode: z.enum(['merge', 'replace']),
    other_columns: z.enum(['ignore', 'attributes']),
    read_rows: rows.describe('How many rows have been read'),
    total_rows: rows.nullable().describe('Known once the whole file is read'),
    processed_rows: rows.describe('How many rows have a result: those below'),
    imported: rows.describe('New contacts, and deleted ones that are back'),
    updated: rows.describe('Contacts that are as the file says, changed or not'),
    skipped: rows,
    failed: rows,
    reasons: z
      .array(Reason)
      .describe('Why rows were skipped or failed, and how many for each reason; row by row they are in the result'),
    problem: z.string().nullable().describe('Why the import failed, and what helps'),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
    finished_at: z.iso.datetime().nullable(),
    result_expires_at: z.iso.datetime().describe('Until then the rejected rows can be downloaded'),
  })
  .meta({ id: 'ImportJobResponse', description: 'An import of a large file' })

export const ImportJobListResponse = pageOf(ImportJobResponse).meta({
  id: 'ImportJobListResponse',
  description: 'The imports of a workspace, newest first',
})

export function importJobResponse(job: Import): z.input<typeof ImportJobResponse> {
  const { options, counts, ...rest } = job
  const { imported, updated, skipped, failed } = counts
  return {
    ...rest,
    default_country: options.country,
    mode: options.mode,
    other_columns: options.other_columns,
    ...counts,
    processed_rows: imported + updated + skipped + failed,
    // Most frequent first.
    reasons: [...job.reasons].sort((a, b) => b.count - a.count),
    problem: isFinished(job) ? job.problem : null,
    result_expires_at: keptUntil(job).toISOString(),
  }
}
