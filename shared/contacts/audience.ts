/** The contacts a campaign addresses: conditions on them as SQL, and the queries that read and count them. */
import * as z from 'zod'
import type { DocumentContainer, Query } from '../azure/cosmos.ts'
import type { WorkspaceId } from '../ids.ts'
import { foldAttribute } from './attributes.ts'
import { among, attributePath, contactsThat, SAID_NOTHING, UNDELETED, type ContactFilter } from './filter.ts'
import { Contact } from './schema.ts'
import type { Condition } from './search.ts'

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
  filters?: readonly ContactFilter[]
  /** Attributes to read, by their folded names: all of a contact's may be a hundred times as long. */
  attributes?: readonly string[]
}

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
export type CampaignConsent = keyof typeof CONSENT_STATES

export interface AudienceQuestion {
  filters?: readonly ContactFilter[]
  consent?: CampaignConsent
  /** A condition of the caller's own, as SQL over `c`. Never made from a request's text. */
  and?: string
}

export function audienceQueries(contacts: DocumentContainer) {
  return {
    /**
     * Who may be sent a campaign, in the order of ids, after `afterId`; one request for a page of up to some thousands.
     * Each contact is looked at once in the whole walk, whatever the filter; tags and ids are found by the index.
     */
    audiencePage: (workspaceId: WorkspaceId, { filters = [], ...place }: AudienceRead) =>
      contacts.query(pageQuery(workspaceId, { filters }, place), (row) => AudienceContact.parse(row)),
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
      const condition = `${UNDELETED} AND ${text}`
      const query = { text: `SELECT VALUE c.id FROM c WHERE ${condition}`, parameters, partition: workspaceId }
      return new Set(await contacts.query({ ...query, maxItems: ids.length }, String))
    },
  }
}

function pageQuery(
  workspaceId: WorkspaceId,
  question: AudienceQuestion,
  { afterId = '', limit, attributes = [] }: Omit<AudienceRead, 'filters'>,
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

function audienceCondition({ filters = [], consent = 'opted_in', and }: AudienceQuestion): Condition {
  const conditions = [CONSENT_STATES[consent], ...(and === undefined ? [] : [`(${and})`])]
  return contactsThat(filters, { text: conditions.join(' AND '), parameters: {} })
}
