/** Files of contacts as they are uploaded, without a host in between. */
import type { Deps } from '../../shared/deps.ts'
import type { WorkspaceId } from '../../shared/ids.ts'
import { createImport } from '../../shared/imports/create.ts'
import type { Import } from '../../shared/imports/schema.ts'
import { aForm, FORM_HEADERS } from './media-samples.ts'

export function uploadRequest(content: string | Buffer, filename = 'contacts.csv') {
  return {
    method: 'POST',
    path: '/api/contacts/imports',
    query: new URLSearchParams(),
    headers: new Headers(FORM_HEADERS),
    params: {},
    body: inChunks(aForm([{ name: 'file', content, filename, type: 'text/csv' }])),
  }
}

// eslint-disable-next-line @typescript-eslint/require-await -- a body comes asynchronously
async function* inChunks(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += 50_000) yield bytes.subarray(from, from + 50_000)
}

/** Waiting, of one row. */
export function anImport(deps: Deps, workspaceId: WorkspaceId): Promise<Import> {
  return createImport(deps, workspaceId, {
    request: uploadRequest('phone,name\nnobody,Ada\n'),
    defaultCountry: undefined,
    mode: 'merge',
    otherColumns: 'ignore',
    createdBy: null,
  })
}
