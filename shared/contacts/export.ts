/**
 * Contacts as a file, written while it is read: some hundred are in memory at a time, however many there are. Its columns have the
 * names by which an import knows them, so that the file can be imported again.
 */
import type { Deps } from '../deps.ts'
import { fieldProblem } from '../errors.ts'
import type { WorkspaceId } from '../ids.ts'
import { csvFile } from '../reports/csv.ts'
import { begun, type Cell, type Rows } from '../reports/rows.ts'
import { xlsxFile } from '../reports/xlsx.ts'
import { attributeOf, foldAttribute } from './attributes.ts'
import { consentOf } from './consent.ts'
import type { ContactFilter } from './filter.ts'
import { columnsOf } from './import/columns.ts'
import { filterOf, segmentOf, type FilterQuery } from './list.ts'
import type { Contact } from './schema.ts'
import { shouldLookInside } from './search.ts'
import { contactStore, type ContactStore } from './store.ts'
import { tagListText } from './tag-list.ts'

const PER_READ = 200
/** Of attributes, beside the columns of our own; a spreadsheet of more is nobody's. */
const MOST_COLUMNS = 900
/** As many as a page of the list has where nobody says. */
const USUAL_PAGE = 20

const OWN = ['phone_number', 'name', 'tags'] as const
const DETAILS = [
  'contact_id',
  'user_id',
  'username',
  'opted_in',
  'consent',
  'consent_source',
  'consent_at',
  'created_at',
  'updated_at',
] as const

export interface ContactExport extends FilterQuery {
  /** With what an import would not read. */
  details: boolean
}

/** Throws 422 for a filter that cannot be; its first rows are read before it returns, so that a failure is no broken file. */
export async function exportContacts(
  { containers }: Pick<Deps, 'containers'>,
  workspaceId: WorkspaceId,
  query: ContactExport,
  kind: 'csv' | 'xlsx',
): Promise<AsyncIterable<Uint8Array>> {
  const store = contactStore(containers)
  const filters = await filtersLike(store, workspaceId, query, await segmentOf({ containers }, workspaceId, query))
  const attributes = attributeColumns(await store.attributeNames(workspaceId, filters))
  const header = [...OWN, ...attributes.map(headerOf), ...(query.details ? DETAILS : [])]
  const cells = (contact: Contact): Cell[] => [
    ...ownCells(contact),
    ...attributes.map((name) => attributeOf(contact.attributes_folded, name) ?? null),
    ...(query.details ? detailCells(contact) : []),
  ]
  const rows = await begun(rowsOf(store, workspaceId, filters, cells))
  return kind === 'csv' ? csvFile(header, rows) : xlsxFile(header, rows, { title: 'Contacts' })
}

/** The list looks inside names and numbers where their edges give little: so does the file of the same filter. */
async function filtersLike(
  store: ContactStore,
  workspaceId: WorkspaceId,
  query: FilterQuery,
  segment: ContactFilter[],
): Promise<ContactFilter[]> {
  const filter = filterOf(query, 'edges')
  if (!filter.search) return [filter, ...segment]
  const found = await store.count(workspaceId, [filter, ...segment])
  return [shouldLookInside(filter.search, found, USUAL_PAGE) ? filterOf(query, 'inside') : filter, ...segment]
}

/** Each once, whatever the letter case and accents, in the order of the alphabet. */
function attributeColumns(names: readonly string[]): string[] {
  const byFolded = new Map(
    names
      .toSorted()
      .reverse()
      .map((name) => [foldAttribute(name), name]),
  )
  if (byFolded.size > MOST_COLUMNS) {
    throw fieldProblem(
      ['query', 'workspace_id'],
      `These contacts have ${byFolded.size} different attributes, and a file holds ${MOST_COLUMNS}: narrow the filter`,
    )
  }
  return [...byFolded.keys()].sort().map((folded) => byFolded.get(folded) ?? folded)
}

/** An attribute that an import would take for a number, name or tags says what it is. */
function headerOf(name: string): string {
  const { phones, names, tags } = columnsOf([name])
  const isTaken = phones.length + names.length + tags.length > 0
  return isTaken ? `attribute ${name}` : name
}

async function* rowsOf(
  store: ContactStore,
  workspaceId: WorkspaceId,
  filters: readonly ContactFilter[],
  cells: (contact: Contact) => Cell[],
): Rows {
  let after: { createdAt: string; id: string } | undefined
  do {
    const page = await store.list(workspaceId, filters, { ...(after ? { after } : {}), offset: 0, limit: PER_READ })
    yield page.map(cells)
    const last = page.length < PER_READ ? undefined : page.at(-1)
    after = last && { createdAt: last.created_at, id: last.id }
  } while (after)
}

function ownCells({ phone_number, name, tags }: Contact): Cell[] {
  return [phone_number, name, tags.length === 0 ? null : tagListText(tags)]
}

function detailCells(contact: Contact): Cell[] {
  const { state, source, at } = consentOf(contact)
  const { id, user_id = null, username = null, opted_in, created_at, updated_at } = contact
  return [id, user_id, username, String(opted_in), state, source, at, created_at, updated_at]
}
