/** Contacts and their consent entries in Cosmos DB: one partition per workspace. */
import * as z from 'zod'
import type { BatchOperation, DocumentContainer, Stored } from '../azure/cosmos.ts'
import type { Deps } from '../deps.ts'
import type { WorkspaceId } from '../ids.ts'
import { audienceQueries } from './audience.ts'
import { eraCondition } from './eras.ts'
import { contactsThat, UNDELETED, type ContactFilter } from './filter.ts'
import { leftOutQuery } from './left-out.ts'
import { Alias, Consent, Contact, type Era } from './schema.ts'
import type { Condition } from './search.ts'

/** The last contact of the page before, in the order of lists. */
export interface ListPosition {
  createdAt: string
  id: string
}

export type ContactStore = ReturnType<typeof contactStore>

export function contactStore({ contacts }: Pick<Deps['containers'], 'contacts'>) {
  return {
    /**
     * The contact of an id or of an alias, which has an id of its own then. Deleted ones too: who may not see them says
     * so.
     */
    find: (workspaceId: WorkspaceId, id: string) => findContact(contacts, workspaceId, id),
    /** What is stored under this very id. */
    look: (workspaceId: WorkspaceId, id: string) => look(contacts, workspaceId, id),
    /** Those of `ids` (≤ 200) that are contacts, deleted ones too, in one request. */
    findMany: async (workspaceId: WorkspaceId, ids: string[]) =>
      (await lookMany(contacts, workspaceId, ids)).filter((stored) => isContact(stored)),
    /** As `findMany`, with aliases. */
    lookMany: (workspaceId: WorkspaceId, ids: string[]) => lookMany(contacts, workspaceId, ids),
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
    /** An entry alone, of what changed nothing. Throws `conflict` if it is there. */
    addConsent: (workspaceId: WorkspaceId, consent: Consent) => contacts.create(consent, workspaceId),
    /** As `writeAll`, with the consent entries of those whose consent changes. */
    writeAllWithConsent: (workspaceId: WorkspaceId, operations: BatchOperation<Contact | Alias | Consent>[]) =>
      contacts.batch(operations, workspaceId),
    /** All or none, ≤ 100. */
    writeAll: (workspaceId: WorkspaceId, operations: BatchOperation<Contact>[]) =>
      contacts.batch(operations, workspaceId),
    list: (
      workspaceId: WorkspaceId,
      filters: readonly ContactFilter[],
      page: { after?: ListPosition; offset: number; limit: number },
    ) => listContacts(contacts, workspaceId, filters, page),
    count: (workspaceId: WorkspaceId, filters: readonly ContactFilter[]) =>
      countWhere(contacts, workspaceId, contactsThat(filters)),
    /** Each spelling of each tag, with how many contacts have it. */
    countTags: (workspaceId: WorkspaceId) =>
      contacts.query(
        {
          text: `SELECT t AS tag, COUNT(1) AS count FROM c JOIN t IN c.tags WHERE ${UNDELETED} GROUP BY t`,
          partition: workspaceId,
        },
        (row) => TagCount.parse(row),
      ),
    /** Of all contacts that the filters let through, each spelling once. */
    attributeNames: (workspaceId: WorkspaceId, filters: readonly ContactFilter[]): Promise<string[]> => {
      const { text, parameters } = contactsThat(filters)
      const query = `SELECT DISTINCT VALUE n FROM c JOIN n IN c.attribute_names WHERE ${text}`
      return contacts.query({ text: query, parameters, partition: workspaceId }, String)
    },
    ...audienceQueries(contacts),
    ...consentQueries(contacts),
    leftOutSince: leftOutQuery(contacts),
  }
}

const TagCount = z.object({ tag: z.string(), count: z.int() })

function consentQueries(contacts: DocumentContainer) {
  return {
    /** Entries that say more than yes or no. A person has few. */
    provenEntries: (workspaceId: WorkspaceId, eras: readonly Era[]): Promise<Stored<Consent>[]> => {
      const { text, parameters } = eraCondition(eras, 'at')
      const query = `SELECT * FROM c WHERE c.type = 'consent' AND ${text} AND (IS_DEFINED(c.how) OR IS_DEFINED(c.evidence))`
      return contacts.query({ text: query, parameters, partition: workspaceId }, (document) => ({
        value: Consent.parse(document),
        // Cosmos DB puts its _etag into every document of a SELECT *.
        etag: (document as { _etag: string })._etag,
      }))
    },
    /**
     * What a person said, the latest first. Entries of one time have no order of their own: `seen` are those of the time `upTo`
     * that came before.
     */
    ledger: (
      workspaceId: WorkspaceId,
      eras: readonly Era[],
      { limit, after }: { limit: number; after?: LedgerPlace | undefined },
    ): Promise<Consent[]> => {
      const { text, parameters } = eraCondition(eras, 'at')
      const beyond = after ? ' AND c.at <= @upTo AND NOT ARRAY_CONTAINS(@seen, c.id)' : ''
      return contacts.query(
        {
          text: `SELECT TOP @limit * FROM c WHERE c.type = 'consent' AND ${text}${beyond} ORDER BY c.at DESC`,
          parameters: { ...parameters, limit, ...(after ? { upTo: after.upTo, seen: after.seen } : {}) },
          partition: workspaceId,
          maxItems: limit,
        },
        (document) => Consent.parse(document),
      )
    },
  }
}

export interface LedgerPlace {
  upTo: string
  seen: string[]
}

/** A person rarely changes numbers twice, and an alias of theirs leads to the latest in as many steps. */
const MOST_ALIASES = 10

async function findContact(
  contacts: DocumentContainer,
  workspaceId: WorkspaceId,
  id: string,
): Promise<Stored<Contact> | undefined> {
  let stored = await look(contacts, workspaceId, id)
  for (let step = 0; stored?.value.type === 'alias' && step < MOST_ALIASES; step++) {
    stored = await look(contacts, workspaceId, stored.value.contact_id)
  }
  return stored && isContact(stored) ? stored : undefined
}

export function isContact(stored: Stored<Contact | Alias>): stored is Stored<Contact> {
  return stored.value.type === 'contact'
}

export function aliasIn({ value, etag }: Stored<Contact | Alias>): Stored<Alias> | undefined {
  return value.type === 'alias' ? { value, etag } : undefined
}

/** Consent entries and jobs live beside the contacts; their ids lead to no contact. */
async function look(
  contacts: DocumentContainer,
  workspaceId: WorkspaceId,
  id: string,
): Promise<Stored<Contact | Alias> | undefined> {
  const stored = await contacts.read(id, workspaceId, (document) => PersonOrOther.parse(document))
  return stored?.value && { value: stored.value, etag: stored.etag }
}

const PersonDocument = z.discriminatedUnion('type', [Contact, Alias])
const PersonOrOther = z.union([
  PersonDocument,
  z.object({ type: z.enum(['consent', 'job']) }).transform(() => undefined),
])

async function lookMany(
  contacts: DocumentContainer,
  workspaceId: WorkspaceId,
  ids: string[],
): Promise<Stored<Contact | Alias>[]> {
  if (ids.length === 0) return []
  const parameters = Object.fromEntries(ids.map((id, index) => [`i${index}`, id]))
  const list = Object.keys(parameters)
    .map((name) => `@${name}`)
    .join(', ')
  // In the order of ids, so that the index of ids is what is walked.
  const text = `SELECT * FROM c WHERE c.id IN (${list}) AND c.type IN ('contact', 'alias') ORDER BY c.id`
  return contacts.query({ text, parameters, partition: workspaceId, maxItems: ids.length }, storedPerson)
}

function storedPerson(document: unknown): Stored<Contact | Alias> {
  // Cosmos DB puts its _etag into every document of a SELECT *.
  const { _etag: etag } = document as { _etag: string }
  return { value: PersonDocument.parse(document), etag }
}

function listContacts(
  contacts: DocumentContainer,
  workspaceId: WorkspaceId,
  filters: readonly ContactFilter[],
  { after, offset, limit }: { after?: ListPosition; offset: number; limit: number },
): Promise<Contact[]> {
  const { text, parameters } = contactsThat(filters)
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
