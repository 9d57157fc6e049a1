/** An import of a file that is too large for a request: its stored shape, and the rules that need nothing else. */
import * as z from 'zod'
import { WorkspaceId } from '../ids.ts'

/**
 * queued: uploaded. reading: its rows are being judged and cut into parts; nothing is stored yet. importing: part after part.
 * cancelling: the part that was begun is brought to its end. failed: the file was refused, or we could not.
 */
export const ImportStatus = z.enum(['queued', 'reading', 'importing', 'cancelling', 'cancelled', 'completed', 'failed'])
export type ImportStatus = z.output<typeof ImportStatus>

export const Reason = z.object({ status: z.enum(['skipped', 'failed']), reason: z.string(), count: z.int() })
export type Reason = z.output<typeof Reason>

export const Counts = z.object({ imported: z.int(), updated: z.int(), skipped: z.int(), failed: z.int() })
export type Counts = z.output<typeof Counts>

export const FileFormat = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('text'),
    encoding: z.enum(['utf-8', 'utf-16le', 'utf-16be', 'windows-1252']),
    damaged: z.boolean().default(false),
  }),
  z.object({ kind: z.literal('workbook') }),
])
export type FileFormat = z.output<typeof FileFormat>

export const Import = z.object({
  id: z.string(),
  type: z.literal('import'),
  v: z.literal(1),
  workspace_id: WorkspaceId,
  status: ImportStatus,
  file_name: z.string(),
  file_size: z.int(),
  /** In the blob container `imports`. */
  blob: z.string(),
  format: FileFormat,
  /** As they were when it was asked for: a change meanwhile does not give half of a file another meaning. */
  options: z.object({
    country: z.string().nullable(),
    mode: z.enum(['merge', 'replace']),
    other_columns: z.enum(['ignore', 'attributes']),
    opted_in: z.boolean(),
  }),
  /** Null where a workspace's API key asked for it. */
  created_by: z.string().nullable(),
  read_rows: z.int(),
  /** Known once it is read. */
  total_rows: z.int().nullable(),
  parts: z.int().nullable(),
  /** Those before are written and counted. */
  next_part: z.int(),
  counts: Counts,
  reasons: z.array(Reason),
  /** Why it failed, for a person. */
  problem: z.string().nullable(),
  /** How often it was found silent since it last came on. */
  stalls: z.int(),
  created_at: z.string(),
  updated_at: z.string(),
  finished_at: z.string().nullable(),
})
export type Import = z.output<typeof Import>

export type NewImport = Pick<
  Import,
  'id' | 'workspace_id' | 'file_name' | 'file_size' | 'blob' | 'format' | 'options' | 'created_by'
>

export function newImport(given: NewImport, now: Date): Import {
  const at = now.toISOString()
  return {
    ...given,
    type: 'import',
    v: 1,
    status: 'queued',
    read_rows: 0,
    total_rows: null,
    parts: null,
    next_part: 0,
    counts: { imported: 0, updated: 0, skipped: 0, failed: 0 },
    reasons: [],
    problem: null,
    stalls: 0,
    created_at: at,
    updated_at: at,
    finished_at: null,
  }
}

/** Those of which a worker should be at work. */
export const UNFINISHED: readonly ImportStatus[] = ['queued', 'reading', 'importing', 'cancelling']

export function isFinished({ status }: Pick<Import, 'status'>): boolean {
  return !UNFINISHED.includes(status)
}

export function finished(job: Import, status: 'cancelled' | 'completed' | 'failed', now: Date): Import {
  return { ...job, status, updated_at: now.toISOString(), finished_at: now.toISOString() }
}

/** What one part came to. */
export interface PartOutcome {
  counts: Counts
  reasons: Reason[]
}

/** With a part counted, which may have been the last. */
export function withPart(job: Import, { counts, reasons }: PartOutcome, now: Date): Import {
  const next: Import = {
    ...job,
    next_part: job.next_part + 1,
    counts: {
      imported: job.counts.imported + counts.imported,
      updated: job.counts.updated + counts.updated,
      skipped: job.counts.skipped + counts.skipped,
      failed: job.counts.failed + counts.failed,
    },
    reasons: joined(job.reasons, reasons),
    stalls: 0,
    updated_at: now.toISOString(),
  }
  if (next.next_part === job.parts) return finished(next, 'completed', now)
  return job.status === 'cancelling' ? finished(next, 'cancelled', now) : next
}

/** A file can be wrong in thousands of ways: the first so many are told apart. */
const MOST_REASONS = 50
const OTHER = 'Other reasons'

function joined(known: Reason[], more: Reason[]): Reason[] {
  const all = new Map(known.map((one) => [`${one.status} ${one.reason}`, one]))
  for (const { status, reason, count } of more) {
    const isNew = !all.has(`${status} ${reason}`)
    const told = isNew && all.size >= MOST_REASONS ? OTHER : reason
    const earlier = all.get(`${status} ${told}`)?.count ?? 0
    all.set(`${status} ${told}`, { status, reason: told, count: earlier + count })
  }
  return [...all.values()]
}
