/** GET /api/contacts/export.csv and export.xlsx */
import { ContactExportQuery } from '../../shared/contacts/api.ts'
import { exportContacts } from '../../shared/contacts/export.ts'
import { attachment } from '../../shared/http/attachment.ts'
import { endpoint, type Endpoint } from '../../shared/http/endpoint.ts'
import { FILE_TYPES, type FileKind } from '../../shared/reports/rows.ts'

// Their names sort before that of GET /api/contacts/{contact_id}, which the host would take them for.
export const contactExportEndpoints: readonly Endpoint[] = [
  exportEndpoint('csv', 'Contacts as CSV, with the filters of the list'),
  exportEndpoint('xlsx', 'Contacts as an Excel workbook, with the filters of the list'),
]

function exportEndpoint(kind: FileKind, summary: string): Endpoint {
  return endpoint({
    name: `contacts-export-${kind}`,
    summary,
    description: `Number, name, tags and a column for each attribute, newest contact first: what is exported can be imported again (with
\`other_columns=attributes\` for the attributes). No cell is a formula. Written while it is read: a connection that breaks off tells that
the file is not whole.`,
    method: 'GET',
    path: `api/contacts/export.${kind}`,
    allow: 'member',
    query: ContactExportQuery,
    document: { contentTypes: { 200: FILE_TYPES[kind] } },
    responses: { 200: null },
    async handle({ workspaceId, query }, deps) {
      const content = await exportContacts(deps, workspaceId, query, kind)
      const headers = { 'content-type': FILE_TYPES[kind], 'content-disposition': attachment('contacts', kind) }
      return { status: 200, stream: content, headers }
    },
  })
}
