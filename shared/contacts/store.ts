/** Contacts and their consent entries in Cosmos DB: one partition per workspace. */
import type { BatchOperation, DocumentContainer, Stored } from '../azure/cosmos.ts'
import type { Deps } from '../deps.ts'
import type { WorkspaceId } from '../ids.ts'
import { audienceQueries } from './audience.ts'
import { Consent, Contact } from './schema.ts'
import { searchCondition, type Condition, type Search } from './search.ts'

export interface ContactFilter {
  /** Folded. */
  tags: string[]
  tagsMatch: 'any' | 'all'
  optedIn: boolean | undefined
  search: Search | undefined
}

/** The last contact of the page before, in the order of lists. */
export interface ListPosition {
  createdAt: string
  id: string
}

export type ContactStore = ReturnType<typeof contactStore>

export function contactStore({ contacts }: Pick<Deps['containers'], 'contacts'>) {
  return {
    /** Deleted ones too: who may not see them says so. */
    async find(workspaceId: WorkspaceId, id: string): Promise<Stored<Contact> | undefined> {
      const stored = await contacts.read(id, workspaceId, contactOrOther)
      return stored?.value && { value: stored.value, etag: stored.etag }
    },
    /** Those of `ids` (≤ 200) that exist, deleted ones too, in one request. */
    findMany: (workspaceId: WorkspaceId, ids: string[]) => findMany(contacts, workspaceId, ids),
    create: (contact: Contact) => contacts.create(contact, contact.workspace_id),
    replace: (stored: Stored<Contact>, contact: Contact) => contacts.replace(stored, contact, contact.workspace_id),
    /** Both or neither: a change of consent without its entry cannot be stored. */
    replaceWithConsent: ({ etag }: Stored<Contact>, contact: Contact, consent: Consent) =>
      contacts.batch(
        [
          { kind: 'replace', document: contact, etag },
          { kind: 'create', document: consent },
        ],
        contact.workspace_id,
      ),
    /** As `writeAll`, with the consent entries of those whose consent changes. */
    writeAllWithConsent: (workspaceId: WorkspaceId, operations: BatchOperation<Contact | Consent>[]) =>
      contacts.batch(operations, workspaceId),
    /** All or none, ≤ 100. */
    writeAll: (workspaceId: WorkspaceId, operations: BatchOperation<Contact>[]) =>
      contacts.batch(operations, workspaceId),
    list: (
      workspaceId: WorkspaceId,
      filter: ContactFilter,
      page: { after?: ListPosition; offset: number; limit: number },
    ) => listContacts(contacts, workspaceId, filter, page),
    count: (workspaceId: WorkspaceId, filter: ContactFilter) =>
      countWhere(contacts, workspaceId, filterCondition(filter)),
    ...audienceQueries(contacts),
    ...consentQueries(contacts),
  }
}

function consentQueries(contacts: DocumentContainer) {
  return {
    /**
     * Ids of contacts whose opt-out carries a time at or after `at` (ISO 8601). That time is taken just before it is stored, so a
     * caller that must not miss one asks from some seconds earlier.
     */
    optedOutSince: (workspaceId: WorkspaceId, at: string): Promise<string[]> =>
      contacts.query(
        {
          text: `SELECT VALUE c.contact_id FROM c WHERE c.type = 'consent' AND c.kind = 'opt_out' AND c.at >= @at`,
          parameters: { at },
          partition: workspaceId,
          maxItems: MAX_PAGE,
        },
        (id) => Consent.shape.contact_id.parse(id),
      ),
  }
}

const MAX_PAGE = 1000

/** Consent entries live beside the contacts; their ids lead to no contact. */
function contactOrOther(document: unknown): Contact | undefined {
  const isContact =
    typeof document === 'object' && document !== null && 'type' in document && document.type === 'contact'
  return isContact ? Contact.parse(document) : undefined
}

async function findMany(
  contacts: DocumentContainer,
  workspaceId: WorkspaceId,
  ids: string[],
): Promise<Stored<Contact>[]> {
  if (ids.length === 0) return []
  const parameters = Object.fromEntries(ids.map((id, index) => [`i${index}`, id]))
  const list = Object.keys(parameters)
    .map((name) => `@${name}`)
    .join(', ')
  // In the order of ids, so that the index of ids is what is walked.
  const text = `SELECT * FROM c WHERE c.id IN (${list}) ORDER BY c.id`
  return contacts.query({ text, parameters, partition: workspaceId, maxItems: ids.length }, storedContact)
}

function storedContact(document: unknown): Stored<Contact> {
  // Cosmos DB puts its _etag into every document of a SELECT *.
  const { _etag: etag } = document as { _etag: string }
  return { value: Contact.parse(document), etag }
}

function listContacts(
  contacts: DocumentContainer,
  workspaceId: WorkspaceId,
  filter: ContactFilter,
  { after, offset, limit }: { after?: ListPosition; offset: number; limit: number },
): Promise<Contact[]> {
  const { text, parameters } = filterCondition(filter)
  const beyond = after ? ' AND (c.created_at < @at OR (c.created_at = @at AND c.id < @id))' : ''
  return contacts.query(
    {
      text: `SELECT * FROM c WHERE ${text}${beyond} ORDER BY c.created_at DESC, c.id DESC OFFSET @offset LIMIT @limit`,
      parameters: { ...parameters, offset, limit, ...(after ? { at: after.createdAt, id: after.id } : {}) },
      partition: workspaceId,
      maxItems: limit,
    },
    (document) => Contact.parse(document),
  )
}

async function countWhere(contacts: DocumentContainer, workspaceId: WorkspaceId, { text, parameters }: Condition) {
  const [count = 0] = await contacts.query(
    { text: `SELECT VALUE COUNT(1) FROM c WHERE ${text}`, parameters, partition: workspaceId },
    Number,
  )
  return count
}

function filterCondition({ tags, tagsMatch, optedIn, search }: ContactFilter): Condition {
  const found = search === undefined ? undefined : searchCondition(search)
  const eachTag = tags.map((_tag, index) => `ARRAY_CONTAINS(c.tags_folded, @tag${index})`)
  const conditions = [
    "c.type = 'contact' AND c.deleted = false",
    ...(optedIn === undefined ? [] : ['c.opted_in = @optedIn']),
    ...(tags.length === 0 ? [] : [`(${eachTag.join(tagsMatch === 'all' ? ' AND ' : ' OR ')})`]),
    ...(found === undefined ? [] : [found.text]),
  ]
  return {
    text: conditions.join(' AND '),
    parameters: {
      ...(optedIn === undefined ? {} : { optedIn }),
      ...Object.fromEntries(tags.map((tag, index) => [`tag${index}`, tag])),
      ...found?.parameters,
    },
  }
}
