/** What tests of imports of large files share: a workspace, files of many rows, and workers that stop where they are told to. */
import { createImport } from '../../../shared/imports/create.ts'
import { findImport } from '../../../shared/imports/find.ts'
import { importResult } from '../../../shared/imports/result.ts'
import { runImport } from '../../../shared/imports/run.ts'
import type { Import } from '../../../shared/imports/schema.ts'
import type { OtherColumns } from '../../../shared/contacts/import/columns.ts'
import type { ImportMode } from '../../../shared/contacts/import/plan-row.ts'
import { contactStore } from '../../../shared/contacts/store.ts'
import type { Deps } from '../../../shared/deps.ts'
import type { WorkspaceId } from '../../../shared/ids.ts'
import type { QueueMessage } from '../../../shared/queue/messages.ts'
import { uploadRequest } from '../../support/imports.ts'

export interface Choices {
  name?: string
  mode?: ImportMode
  otherColumns?: OtherColumns
  defaultCountry?: string
}

/** Uploaded, and not begun: no host is at work in these tests. */
export function uploaded(
  deps: Deps,
  workspaceId: WorkspaceId,
  content: string | Buffer,
  { name, mode = 'merge', otherColumns = 'ignore', defaultCountry }: Choices = {},
): Promise<Import> {
  const request = uploadRequest(content, name)
  return createImport(deps, workspaceId, { request, mode, otherColumns, defaultCountry, createdBy: null })
}

export function step({ workspace_id, id }: Pick<Import, 'workspace_id' | 'id'>): QueueMessage<'contact-imports'> {
  return { workspace_id, import_id: id }
}

export async function run(deps: Deps, job: Import): Promise<Import> {
  await runImport(deps, step(job))
  return findImport(deps, job.workspace_id, job.id)
}

export async function imported(
  deps: Deps,
  workspaceId: WorkspaceId,
  content: string | Buffer,
  choices: Choices = {},
): Promise<Import> {
  return run(deps, await uploaded(deps, workspaceId, content, choices))
}

export async function resultOf(deps: Deps, job: Import): Promise<string> {
  const { content } = await importResult(deps, job.workspace_id, job.id)
  const chunks: Uint8Array[] = []
  for await (const chunk of content) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

/** Fictitious, of Germany: 5,000,000 of them. */
export function aNumber(index: number): string {
  return `+4915${String(550_000_000 + index)}`
}

export function aFile(count: number, from = 0): string {
  const rows = Array.from({ length: count }, (_, index) => `${aNumber(from + index)},Person ${from + index},"a; b"`)
  return ['phone,name,tags', ...rows].join('\n')
}

export function countContacts(deps: Deps, workspaceId: WorkspaceId): Promise<number> {
  return contactStore(deps.containers).count(workspaceId, [])
}
