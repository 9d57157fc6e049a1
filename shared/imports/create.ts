/** Keeps an uploaded file and asks for its import: its blob first, then the document, then the message that begins it. */
import type { OtherColumns } from '../contacts/import/columns.ts'
import type { ImportMode } from '../contacts/import/plan-row.ts'
import { importCountry } from '../contacts/import-contacts.ts'
import type { Deps } from '../deps.ts'
import type { IncomingRequest } from '../http/request.ts'
import { derivedId, type WorkspaceId } from '../ids.ts'
import { workspaceSettings } from '../workspaces/settings.ts'
import { receiveImport } from './receive.ts'
import { newImport, type Import } from './schema.ts'
import { importStore } from './store.ts'

export interface AskedImport {
  request: IncomingRequest
  defaultCountry: string | undefined
  mode: ImportMode
  otherColumns: OtherColumns
  /** Null where a workspace's API key asks. */
  createdBy: string | null
}

/** If we stop before the message, the sweeper begins the import; before the document, the blob is deleted as old ones are. */
export async function createImport(
  deps: Pick<Deps, 'containers' | 'blobs' | 'queues' | 'now' | 'log' | 'once'>,
  workspaceId: WorkspaceId,
  { request, defaultCountry, mode, otherColumns, createdBy }: AskedImport,
): Promise<Import> {
  const settings = await workspaceSettings(deps, workspaceId)
  const country = importCountry(defaultCountry, settings) ?? null
  const file = await receiveImport(deps, workspaceId, request)
  const id = derivedId('import', workspaceId, deps.once.seed('import'))
  const earlier = deps.once.isRepeat ? await importStore(deps.containers).find(workspaceId, id) : undefined
  if (earlier) return earlier.value
  await file.writer.finish('application/octet-stream')
  const given = {
    workspace_id: workspaceId,
    id,
    blob: file.blob,
    file_name: file.name,
    file_size: file.size,
    format: file.format,
    options: { country, mode, other_columns: otherColumns, opted_in: settings.contactsOptedIn },
    created_by: createdBy,
  }
  const { value: job } = await importStore(deps.containers).create(newImport(given, deps.now()))
  await deps.queues.send('contact-imports', { workspace_id: workspaceId, import_id: job.id })
  deps.log.info('import.created', { workspace_id: workspaceId, import_id: job.id, bytes: job.file_size })
  return job
}
