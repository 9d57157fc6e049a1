/** Phone numbers as the API's users see them. `phone_number_id` in bodies of this noun is Meta's id; `id` is ours. */
import * as z from 'zod'
import { PageQuery, pageOf } from '../http/paging.ts'
import { wellFormedText } from '../http/text.ts'
import { inLowerCase, wordFilter } from '../http/word-filter.ts'
import { Trouble, DEFAULT_MESSAGE_LIMIT, META_ID, PhoneNumberStatus, UNLIMITED, type PhoneNumber } from './schema.ts'

const metaId = z.string().trim().regex(META_ID, { error: "Input should be Meta's id of it: digits only" })
const accessToken = z
  .string()
  .trim()
  .max(2000)
  .regex(/^[\x21-\x7e]+$/, { error: 'Input should be an access token as Meta shows it, without spaces' })
const secretOf = (pattern: RegExp) =>
  z
    .string()
    .trim()
    .regex(pattern, { error: 'Input should be the app secret as Meta shows it: 16 characters or more' })
    .meta({ example: '0123456789abcdef0123456789abcdef' })
const appSecret = secretOf(/^[\x21-\x7e]{16,200}$/)
const appSecretOrNone = secretOf(/^([\x21-\x7e]{16,200})?$/)
const aboutAppSecret =
  "Secret of the Meta app that sends this number's webhooks, if that is not this server's own; kept encrypted and never shown"
const displayName = wellFormedText.trim().max(255)
/** In any letter case. */
const anyCaseStatus = z
  .string()
  .transform((text) => text.toLowerCase())
  .pipe(PhoneNumberStatus)

export const PhoneNumberCreate = z
  .object({
    workspace_id: z.uuid().describe('Workspace UUID'),
    phone_number_id: metaId.describe("Meta's Phone Number ID from Business Suite"),
    access_token: accessToken.describe('System User Access Token with whatsapp_business_messaging permission'),
    display_name: displayName.nullish().describe('Friendly name'),
    business_id: metaId.nullish().describe('WhatsApp Business Account ID (WABA ID)'),
    // Additive:
    app_secret: appSecret.nullish().describe(aboutAppSecret),
  })
  .meta({ id: 'PhoneNumberCreate', description: 'Request schema for registering a new phone number.' })

/** Where the path names the workspace; naming it again is allowed if it is the same. */
export const PhoneNumberCreateInWorkspace = PhoneNumberCreate.extend({
  workspace_id: z.uuid().optional().describe('Workspace UUID; the path names it already'),
})

/** null means "not given"; an empty name takes away what was there. */
export const PhoneNumberUpdate = z
  .object({
    display_name: displayName.nullish().describe('Friendly name'),
    access_token: accessToken.nullish().describe('Will be validated if provided'),
    status: anyCaseStatus.nullish().describe('Status: pending, active, or disabled'),
    // Additive:
    app_secret: appSecretOrNone.nullish().describe(`${aboutAppSecret}. Empty: there is none any more`),
  })
  .meta({ id: 'PhoneNumberUpdate', description: 'Request schema for updating phone number settings.' })

/** Our uuid, or Meta's digits as an alias. */
export const PhoneNumberRef = z.union([z.uuid(), z.string().regex(META_ID)], {
  error: "Input should be a valid UUID (our id of the number) or Meta's id of it (digits)",
})

export const PhoneNumberQuery = PageQuery.extend({
  status: wordFilter(PhoneNumberStatus, inLowerCase).describe('Filter by status (pending, active, disabled)'),
})

const messageLimit = `Recipients in 24 hours that the whole business portfolio may start a conversation with; ${UNLIMITED} means unlimited`

export const PhoneNumberResponse = z
  .object({
    id: z.uuid(),
    workspace_id: z.uuid(),
    phone_number: z.string().meta({ description: 'The number itself', example: '+15550100001' }),
    phone_number_id: z.string().describe("Meta's id of the number"),
    display_name: z.string().nullish(),
    business_id: z.string().nullish(),
    quality_rating: z.string().default('UNKNOWN').describe('GREEN/YELLOW/RED/UNKNOWN'),
    message_limit: z.int().default(DEFAULT_MESSAGE_LIMIT).describe(messageLimit),
    tier: z.string().nullish().meta({ description: "Meta's word for the messaging limit", example: 'TIER_2K' }),
    status: PhoneNumberStatus.default('pending'),
    verified_at: z.iso.datetime().nullish().describe('When Meta last confirmed that the number can send'),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
    // Additive:
    verified_name: z.string().nullable().describe('The name that people see, as Meta verified it'),
    throughput_level: z.string().describe('STANDARD (80 messages a second) or HIGH (1,000)'),
    meta_status: z.string().describe("Meta's own word; CONNECTED numbers can send"),
    webhooks_subscribed: z.boolean().describe('False if Meta does not send us what happens to this account'),
    token_expires_at: z.iso
      .datetime()
      .nullable()
      .describe('null: the access token never expires, or Meta did not tell'),
    token_refused_at: z.iso
      .datetime()
      .nullable()
      .describe('When Meta last refused the access token; give another one with PATCH'),
    trouble: z
      .object({ kind: Trouble.shape.kind, reason: z.string(), since: z.iso.datetime() })
      .nullable()
      .describe(
        'What keeps the number from sending, or may (`warning`); a sync or a new access token that works ends it',
      ),
    synced_at: z.iso.datetime().nullable(),
    has_app_secret: z.boolean().describe('True if webhooks signed with an `app_secret` of its own are taken for it'),
  })
  .meta({ id: 'PhoneNumberResponse', description: 'Response schema for full phone number details.' })

export const PhoneNumberListResponse = pageOf(PhoneNumberResponse).meta({
  id: 'PhoneNumberListResponse',
  description: 'Paginated list of phone numbers.',
})

export const PhoneNumberSyncResponse = z
  .object({
    id: z.uuid(),
    synced_at: z.iso.datetime(),
    phone_number: z.string(),
    quality_rating: z.string(),
    message_limit: z.int().describe(messageLimit),
    tier: z.string().nullish(),
    status: PhoneNumberStatus,
    // Additive:
    verified_name: z.string().nullable(),
    throughput_level: z.string(),
    meta_status: z.string(),
  })
  .meta({ id: 'PhoneNumberSyncResponse', description: 'Response for sync operation.' })

export function phoneNumberResponse(phoneNumber: PhoneNumber): z.output<typeof PhoneNumberResponse> {
  const { id, workspace_id, display_digits, meta_id, waba_id, is_subscribed, app_secret, ...rest } = phoneNumber
  return {
    ...rest,
    id,
    workspace_id,
    phone_number: `+${display_digits}`,
    phone_number_id: meta_id,
    business_id: waba_id,
    webhooks_subscribed: is_subscribed,
    has_app_secret: app_secret !== null,
  }
}
