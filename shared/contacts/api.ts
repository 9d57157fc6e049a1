/** Contacts as the API's users see them. */
import * as z from 'zod'
import { PageQuery, pageOf } from '../http/paging.ts'
import { queryBoolean } from '../http/query-boolean.ts'
import { wellFormedText } from '../http/text.ts'
import { inLowerCase, wordFilter } from '../http/word-filter.ts'
import { errorRule } from '../whatsapp/error-actions.ts'
import type { Caller } from '../workspaces/membership.ts'
import { AttributesGiven } from './attributes.ts'
import { consentOf, given, type Proof } from './consent.ts'
import { PhoneField } from './phone-field.ts'
import { ConsentSource, MAX_NAME_LENGTH, MAX_TAG_LENGTH, MAX_TAGS, type Contact } from './schema.ts'

const name = z.string().max(MAX_NAME_LENGTH)
const tags = z.array(z.string().max(MAX_TAG_LENGTH)).max(MAX_TAGS)

const how = wellFormedText.min(1).max(200).meta({
  description: 'Where and how the person said yes or no, for the consent ledger; additive',
  example: 'Form at the checkout',
})
const evidence = wellFormedText.min(1).max(1000).meta({
  description: 'What shows it: a link, a reference, the words; additive',
  example: 'https://example.com/orders/4711',
})

export const ContactCreate = z
  .object({
    workspace_id: z.uuid(),
    phone_number: PhoneField.meta({
      description: 'Phone number in E.164 format (e.g., +15551234567); spaces, dashes and `00` are understood',
      example: '+15551234567',
    }),
    name: name.nullish().meta({ example: 'Ada' }),
    tags: tags.nullish().meta({ description: 'Labels/tags for the contact', example: ['vip'] }),
    attributes: AttributesGiven.nullish(),
    consent_how: how.nullish(),
    consent_evidence: evidence.nullish(),
  })
  .meta({ id: 'ContactCreate', description: 'Schema for creating a new contact' })

/** null means "not given", as `opted_in` shows; an empty name or list of tags takes away what was there. */
export const ContactUpdate = z
  .object({
    name: name.nullish().meta({ description: 'An empty one takes the name away', example: 'Ada' }),
    tags: tags.nullish().meta({ description: 'All tags: an empty list takes them away', example: ['vip'] }),
    opted_in: z.boolean().nullish(),
    attributes: AttributesGiven.nullish(),
    consent_how: how.nullish(),
    consent_evidence: evidence.nullish(),
  })
  .meta({ id: 'ContactUpdate', description: 'Schema for updating a contact; null means: leave as it is' })

const ConsentNow = z
  .object({
    state: z.enum(['opted_in', 'opted_out', 'none']),
    source: ConsentSource.nullable().meta({ example: 'api' }),
    at: z.iso.datetime().nullable().describe('When it was said, as far as that is known'),
  })
  .describe('What the person has said last; `none`: neither yes nor no. Additive')

export const ContactResponse = z
  .object({
    id: z.uuid(),
    workspace_id: z.uuid(),
    wa_id: z.string().describe('The phone number’s digits'),
    phone_number: z
      .string()
      .describe('Empty, as wa_id is, for a person who writes under a username and hides the number'),
    user_id: z.string().nullable().describe('Meta’s id of the person for this business (BSUID), once known; additive'),
    username: z.string().nullable().describe('As the person chose it at WhatsApp; additive'),
    unreachable: z
      .object({ code: z.int().describe('Meta’s'), reason: z.string(), since: z.iso.datetime() })
      .nullable()
      .describe(
        'Why Meta could not deliver to this person lately; of 131026 (may not be on WhatsApp) since it was said twice, an ' +
          'hour or more apart; additive',
      ),
    name: z.string().nullable().meta({ example: 'Ada' }),
    opted_in: z.boolean(),
    consent: ConsentNow,
    tags: z
      .array(z.string())
      .nullable()
      .meta({ example: ['vip'] }),
    attributes: z
      .record(z.string(), z.string())
      .meta({ description: 'Fields of your own; additive', example: { city: 'Berlin' } }),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'ContactResponse', description: 'Schema for contact response' })

type ContactResponse = z.input<typeof ContactResponse>

export function contactResponse(contact: Contact): ContactResponse {
  const { wa_id, phone_number, user_id, username, unreachable, ...rest } = contact
  return {
    ...rest,
    consent: consentOf(contact),
    wa_id: wa_id ?? '',
    phone_number: phone_number ?? '',
    user_id: user_id ?? null,
    username: username ?? null,
    unreachable: unreachable
      ? { code: unreachable.code, reason: errorRule(unreachable.code).reason, since: unreachable.at }
      : null,
  }
}

/** What a request says of the consent in it. */
export function proofIn(
  { consent_how, consent_evidence }: z.output<typeof ContactUpdate>,
  { userId }: Pick<Caller, 'userId'>,
): Proof {
  return given({ by: userId, how: consent_how ?? undefined, evidence: consent_evidence ?? undefined })
}

const contactFilter = {
  workspace_id: z.uuid(),
  segment: z.uuid().optional().describe('Only contacts that this segment describes now; additive'),
  tags: z.string().optional().describe('Filter by tags (comma-separated; a tag that holds a comma in double quotes)'),
  tags_match: z.enum(['any', 'all']).default('any').describe('Whether one of the tags is enough'),
  opted_in: queryBoolean.optional().describe('Filter by opt-in status'),
  consent: wordFilter(ConsentNow.shape.state, inLowerCase).describe(
    'Filter by what people have said: opted_in, opted_out, none (neither yes nor no); additive',
  ),
  search: z
    .string()
    .max(MAX_NAME_LENGTH)
    .optional()
    .describe('Search by name, username or phone: the number with or without `+` and spaces, or its last digits'),
}

export const ContactListQuery = PageQuery.extend(contactFilter)

export const ContactExportQuery = z.object({
  ...contactFilter,
  details: queryBoolean.default(false).describe('Also ids, consent and times, which an import does not read'),
})

export const ContactListResponse = pageOf(ContactResponse).meta({
  id: 'ContactListResponse',
  description: 'Schema for paginated contact list',
})

/** Every endpoint below one contact. */
export const ContactPath = z.object({ contact_id: z.uuid().toLowerCase() })

export const ImportQuery = z.object({
  workspace_id: z.uuid(),
  default_country: z.string().optional().meta({
    description: 'ISO 3166 code of the numbers that have no country code; wins over the workspace’s setting',
    example: 'DE',
  }),
  mode: z
    .enum(['merge', 'replace'])
    .default('merge')
    .meta({
      description:
        'What becomes of contacts that exist. merge: names are corrected and tags added; empty cells change nothing. replace: ' +
        'name, tags and attributes become what the columns of the file say, and empty cells take them away; what the file has no ' +
        'column for stays. Neither opts anybody back in. Additive',
      example: 'merge',
    }),
  other_columns: z
    .enum(['ignore', 'attributes'])
    .default('ignore')
    .meta({
      description:
        'What becomes of columns that are neither phone number, name nor tags: attributes keeps them, under the names in the ' +
        'header. Additive',
      example: 'attributes',
    }),
})
export type ImportQuery = z.output<typeof ImportQuery>

/** For the API document: the file is read as it arrives. */
export const ImportForm = z
  .object({ file: z.file().describe('CSV or Excel file') })
  .meta({ id: 'Body_import_contacts_api_contacts_import_post' })

export const ImportRowResult = z
  .object({
    row_number: z.int().describe('As the spreadsheet shows it'),
    phone_number: z.string().nullable(),
    status: z.enum(['imported', 'updated', 'skipped', 'failed']),
    reason: z.string().nullable().describe('Why it was not taken'),
  })
  .meta({ id: 'ImportRowResult', description: 'Result for a single import row' })
export type ImportRowResult = z.output<typeof ImportRowResult>

export const ImportResponse = z
  .object({
    total_rows: z.int(),
    imported: z.int(),
    updated: z.int(),
    skipped: z.int(),
    failed: z.int(),
    results: z.array(ImportRowResult),
  })
  .meta({ id: 'ImportResponse', description: 'Schema for import response' })
export type ImportResponse = z.output<typeof ImportResponse>
