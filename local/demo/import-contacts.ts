/** Uploads contact files and adds up what became of their rows. */
import * as z from 'zod'
import type { ApiClient } from './api-client.ts'

const Answer = z.object({
  total_rows: z.int(),
  imported: z.int(),
  updated: z.int(),
  skipped: z.int(),
  failed: z.int(),
  results: z.array(z.object({ status: z.string(), reason: z.string().nullable() })),
})

export interface ContactFile {
  name: string
  content: Buffer
}

export interface ImportTally {
  files: number
  rows: number
  imported: number
  updated: number
  skipped: number
  failed: number
  /** Reasons of skipped and failed rows, most frequent first. */
  reasons: { status: string; reason: string; count: number }[]
  seconds: number
}

export async function importFiles(
  api: ApiClient,
  workspaceId: string,
  files: Iterable<ContactFile>,
  say: (line: string) => void,
): Promise<ImportTally> {
  const tally: ImportTally = {
    files: 0,
    rows: 0,
    imported: 0,
    updated: 0,
    skipped: 0,
    failed: 0,
    reasons: [],
    seconds: 0,
  }
  const reasons = new Map<string, ImportTally['reasons'][number]>()
  const startedAt = performance.now()
  for (const file of files) {
    const answer = await importFile(api, workspaceId, file)
    tally.files += 1
    tally.rows += answer.total_rows
    for (const status of ['imported', 'updated', 'skipped', 'failed'] as const) tally[status] += answer[status]
    for (const { status, reason } of answer.results) if (reason !== null) count(reasons, status, reason)
    say(`imported ${file.name}: ${answer.total_rows} rows`)
  }
  tally.seconds = (performance.now() - startedAt) / 1000
  tally.reasons = [...reasons.values()].sort((a, b) => b.count - a.count)
  return tally
}

function importFile(api: ApiClient, workspaceId: string, { name, content }: ContactFile) {
  const form = new FormData()
  form.set('file', new Blob([new Uint8Array(content)]), name)
  return api.post(Answer, `/api/contacts/import?workspace_id=${workspaceId}`, form)
}

/** Row numbers are left out, so that equal reasons meet. */
function count(reasons: Map<string, ImportTally['reasons'][number]>, status: string, reason: string): void {
  const text = reason.replace(/\bRow \d+\b/g, 'Another row')
  const known = reasons.get(`${status} ${text}`) ?? { status, reason: text, count: 0 }
  known.count += 1
  reasons.set(`${status} ${text}`, known)
}
