/** Contacts as the API's users see them. */
import { z } from 'zod'
import { PageQuery, pageOf } from '../http/paging.ts'
import { queryBoolean } from '../http/query-boolean.ts'
import { MAX_NAME_LENGTH, MAX_TAG_LENGTH, MAX_TAGS } from './schema.ts'

const name = z.string().max(MAX_NAME_LENGTH)
const tags = z.array(z.string().max(MAX_TAG_LENGTH)).max(MAX_TAGS)

export const ContactCreate = z.object({
  workspace_id: z.uuid(),
  phone_number: z.string(),
  name: name.nullish(),
  tags: tags.nullish(),
})

/** null means "not given", as `opted_in` shows; an empty name or list of tags takes away what was there. */
export const ContactUpdate = z.object({ name: name.nullish(), tags: tags.nullish(), opted_in: z.boolean().nullish() })

export const ContactResponse = z.object({
  id: z.uuid(),
  workspace_id: z.uuid(),
  wa_id: z.string(),
  phone_number: z.string(),
  name: z.string().nullable(),
  opted_in: z.boolean(),
  tags: z.array(z.string()),
  created_at: z.string(),
  updated_at: z.string(),
})

export const ContactListQuery = PageQuery.extend({
  workspace_id: z.uuid(),
  /** Comma-separated. */
  tags: z.string().optional(),
  tags_match: z.enum(['any', 'all']).default('any'),
  opted_in: queryBoolean.optional(),
  search: z.string().max(MAX_NAME_LENGTH).optional(),
})

export const ContactListResponse = pageOf(ContactResponse)

/** Every endpoint below one contact. */
export const ContactPath = z.object({ contact_id: z.uuid().toLowerCase() })

export const ImportQuery = z.object({
  workspace_id: z.uuid(),
  /** ISO 3166 code of the numbers that have no country code; wins over the workspace's setting. */
  default_country: z.string().optional(),
})

export const ImportRowResult = z.object({
  row_number: z.int(),
  phone_number: z.string().nullable(),
  status: z.enum(['imported', 'updated', 'skipped', 'failed']),
  reason: z.string().nullable(),
})
export type ImportRowResult = z.output<typeof ImportRowResult>

export const ImportResponse = z.object({
  total_rows: z.int(),
  imported: z.int(),
  updated: z.int(),
  skipped: z.int(),
  failed: z.int(),
  results: z.array(ImportRowResult),
})
export type ImportResponse = z.output<typeof ImportResponse>
