/** The contacts a campaign addresses: conditions on them as SQL, and the queries that read and count them. */
import { z } from 'zod'
import type { DocumentContainer, Query } from '../azure/cosmos.ts'
import type { WorkspaceId } from '../ids.ts'
import { foldAttribute } from './attributes.ts'
import { foldTag } from './fold.ts'
import { Contact, SILENT_SOURCES } from './schema.ts'
import type { Condition } from './search.ts'

/** All of these together; what is absent asks for nothing. Without any, every contact. */
export interface AudienceFilter {
  tags?: string[] | undefined
  tags_match?: 'any' | 'all' | undefined
  exclude_tags?: string[] | undefined
  contact_ids?: string[] | undefined
  /** By name; one of the values, compared exactly. */
  attributes?: Record<string, string[]> | undefined
}

/** What a campaign freezes of a contact; of its attributes only those that were asked for, by their folded names. */
export const AudienceContact = Contact.pick({ id: true, name: true }).extend({
  // Empty for those without a number, whom no audience has but the one of those.
  phone_number: z
    .string()
    .nullable()
    .transform((number) => number ?? ''),
  wa_id: z
    .string()
    .nullable()
    .transform((digits) => digits ?? ''),
  attributes: z.record(z.string(), z.string()).default({}),
})
export type AudienceContact = ReturnType<typeof AudienceContact.parse>

/** The place in the walk, and what is read there. */
interface AudienceRead {
  afterId?: string | undefined
  limit: number
  filter?: AudienceFilter
  /** Attributes to read, by their folded names: all of a contact's may be a hundred times as long. */
  attributes?: readonly string[]
}

const SAID_NOTHING = `c.opted_in_source IN (${SILENT_SOURCES.map((source) => `'${source}'`).join(', ')})`

/**
 * How a campaign sees a contact. opted_in: it may be sent to. opted_out: somebody said no. no_consent: it was only sent
 * to, or wrote, and nobody has said yes or no. no_number: it said yes, but keeps its number to itself.
 */
export const CONSENT_STATES = {
  opted_in: "c.opted_in = true AND c.digits_reversed > ''",
  opted_out: `c.opted_in = false AND NOT (${SAID_NOTHING})`,
  no_consent: `c.opted_in = false AND ${SAID_NOTHING}`,
  no_number: "c.opted_in = true AND c.digits_reversed = ''",
} as const
export type ConsentState = keyof typeof CONSENT_STATES

export interface AudienceQuestion {
  filter?: AudienceFilter
  consent?: ConsentState
  /** A condition of the caller's own, as SQL over `c`. Never made from a request's text. */
  and?: string
}

export function audienceQueries(contacts: DocumentContainer) {
  return {
    /**
     * Who may be sent a campaign, in the order of ids, after `afterId`; one request for a page of up to some thousands.
     * Each contact is looked at once in the whole walk, whatever the filter; tags and ids are found by the index.
     */
    audiencePage: (workspaceId: WorkspaceId, { filter = {}, ...place }: AudienceRead) =>
      contacts.query(pageQuery(workspaceId, { filter }, place), (row) => AudienceContact.parse(row)),
    /** The first of those asked for, in the order of ids. */
    audienceSample: (workspaceId: WorkspaceId, question: AudienceQuestion, limit: number) =>
      contacts.query(pageQuery(workspaceId, question, { limit }), (row) => AudienceContact.parse(row)),
    countAudience: async (workspaceId: WorkspaceId, question: AudienceQuestion = {}): Promise<number> => {
      const { text, parameters } = audienceCondition(question)
      const counted: Query = { text: `SELECT VALUE COUNT(1) FROM c WHERE ${text}`, parameters, partition: workspaceId }
      const [count = 0] = await contacts.query(counted, Number)
      return count
    },
    /** Those of `ids` that are contacts of this workspace, deleted ones not. One request. */
    existing: async (workspaceId: WorkspaceId, ids: string[]): Promise<Set<string>> => {
      const { text, parameters } = among('c.id', 'id', ids)
      const condition = `c.type = 'contact' AND c.deleted = false AND ${text}`
      const query = { text: `SELECT VALUE c.id FROM c WHERE ${condition}`, parameters, partition: workspaceId }
      return new Set(await contacts.query({ ...query, maxItems: ids.length }, String))
    },
  }
}

function pageQuery(
  workspaceId: WorkspaceId,
  question: AudienceQuestion,
  { afterId = '', limit, attributes = [] }: Omit<AudienceRead, 'filter'>,
): Query {
  const { text, parameters } = audienceCondition(question)
  return {
    text: `SELECT TOP @limit ${columns(attributes)} FROM c WHERE ${text} AND c.id > @afterId ORDER BY c.id`,
    parameters: { ...parameters, limit, afterId },
    partition: workspaceId,
    maxItems: limit,
  }
}

function columns(attributes: readonly string[]): string {
  const own = 'c.id, c.phone_number, c.wa_id, c.name'
  if (attributes.length === 0) return own
  const entries = attributes.map((name) => `${JSON.stringify(foldAttribute(name))}: ${attributePath(name)}`)
  return `${own}, {${entries.join(', ')}} AS attributes`
}

function audienceCondition({ filter = {}, consent = 'opted_in', and }: AudienceQuestion): Condition {
  const conditions: Condition[] = [
    { text: `c.type = 'contact' AND ${CONSENT_STATES[consent]} AND c.deleted = false`, parameters: {} },
    ...(filter.tags ? [tagged(filter.tags, filter.tags_match ?? 'any')] : []),
    ...(filter.exclude_tags?.length ? [untagged(filter.exclude_tags)] : []),
    ...(filter.contact_ids ? [among('c.id', 'id', filter.contact_ids)] : []),
    ...Object.entries(filter.attributes ?? {}).map(([name, values], index) => havingAttribute(name, values, index)),
    ...(and === undefined ? [] : [{ text: `(${and})`, parameters: {} }]),
  ]
  return {
    text: conditions.map(({ text }) => text).join(' AND '),
    parameters: conditions.reduce<Condition['parameters']>((all, { parameters }) => ({ ...all, ...parameters }), {}),
  }
}

function tagged(tags: string[], match: 'any' | 'all'): Condition {
  const { texts, parameters } = contains('tag', tags)
  return { text: `(${texts.join(match === 'all' ? ' AND ' : ' OR ')})`, parameters }
}

function untagged(tags: string[]): Condition {
  const { texts, parameters } = contains('no', tags)
  return { text: `NOT (${texts.join(' OR ')})`, parameters }
}

function contains(prefix: string, tags: string[]) {
  return {
    texts: tags.map((_tag, index) => `ARRAY_CONTAINS(c.tags_folded, @${prefix}${index})`),
    parameters: Object.fromEntries(tags.map((tag, index) => [`${prefix}${index}`, foldTag(tag)])),
  }
}

function havingAttribute(name: string, values: string[], index: number): Condition {
  return among(attributePath(name), `a${index}_`, values)
}

/** Where a contact's attribute is found in its document. A name is letters, digits, spaces, _ and - by its schema. */
export function attributePath(name: string): string {
  return `c.attributes_folded[${JSON.stringify(foldAttribute(name))}]`
}

/** True of nobody if there are no values. */
function among(path: string, prefix: string, values: string[]): Condition {
  if (values.length === 0) return { text: 'false', parameters: {} }
  const names = values.map((_value, index) => `@${prefix}${index}`)
  return {
    text: `${path} IN (${names.join(', ')})`,
    parameters: Object.fromEntries(values.map((value, index) => [`${prefix}${index}`, value])),
  }
}
