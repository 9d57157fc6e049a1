/** Consent entries and tags of contacts, as the API's users see them. */
import * as z from 'zod'
import { PageQuery } from '../http/paging.ts'
import { wellFormedText } from '../http/text.ts'
import type { LedgerEntry } from './ledger.ts'
import { ConsentSource, MAX_TAG_LENGTH, MAX_TAGS, tidyTags } from './schema.ts'

export const ConsentsQuery = z.object({
  limit: PageQuery.shape.limit,
  cursor: z.string().optional().describe('`next_cursor` of the page before'),
})

export const ConsentEntry = z
  .object({
    id: z.uuid(),
    kind: z.enum(['opt_in', 'opt_out']),
    at: z.iso.datetime().describe('When it was stored'),
    said_at: z.iso.datetime().nullable().describe('When the person said it, by Meta’s clock, where that tells it'),
    source: ConsentSource,
    by: z
      .object({
        who: z.enum(['person', 'member', 'api_key', 'import']),
        user_id: z.uuid().nullable().describe('Of the member'),
      })
      .describe('Who said or entered it'),
    how: z.string().nullable().meta({ description: 'In the workspace’s own words', example: 'Form at the checkout' }),
    evidence: z.string().nullable().meta({ example: 'https://example.com/orders/4711' }),
  })
  .meta({ id: 'ConsentEntry', description: 'A yes or no to messages, in the order of time' })

export const ConsentListResponse = z
  .object({ data: z.array(ConsentEntry), next_cursor: z.string().nullable() })
  .meta({ id: 'ConsentListResponse', description: 'The consent ledger of one contact, the latest entry first' })

export function consentEntry({ said_at, source, by, how, evidence, ...entry }: LedgerEntry) {
  return {
    ...entry,
    source,
    said_at: said_at ?? null,
    by: { who: whoIn(source, by), user_id: by ?? null },
    how: how ?? null,
    evidence: evidence ?? null,
  }
}

function whoIn(source: ConsentSource, by: string | undefined) {
  if (by !== undefined) return 'member'
  if (source === 'api' || source === 'erasure') return 'api_key'
  return source === 'import' ? 'import' : 'person'
}

const tag = wellFormedText.max(MAX_TAG_LENGTH).refine((text) => tidyTags([text]).length > 0, {
  error: 'A tag has at least one letter',
})

export const TagsGiven = z
  .object({
    tags: z
      .array(tag)
      .min(1)
      .max(MAX_TAGS)
      .meta({ example: ['vip'] }),
  })
  .meta({ id: 'ContactTags', description: 'Tags to add to those that the contact has' })

export const TagQuery = z.object({ tag: tag.meta({ description: 'In any letter case', example: 'vip' }) })

export const TagListQuery = z.object({ workspace_id: z.uuid() })

export const TagListResponse = z
  .object({
    data: z.array(
      z.object({ tag: z.string().meta({ example: 'vip' }), count: z.int().describe('Contacts that have it') }),
    ),
    total: z.int().describe('How many different tags there are; the 1,000 that most contacts have are listed'),
  })
  .meta({ id: 'TagListResponse', description: 'The tags of a workspace’s contacts, the most frequent first' })
