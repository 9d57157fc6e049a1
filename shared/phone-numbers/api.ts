/** Phone numbers as the API's users see them. `phone_number_id` in bodies of this noun is Meta's id; `id` is ours. */
import { z } from 'zod'
import { PageQuery, pageOf } from '../http/paging.ts'
import { META_ID, PhoneNumberStatus, type PhoneNumber } from './schema.ts'

const metaId = z.string().trim().regex(META_ID, { error: "Input should be Meta's id of it: digits only" })

export const PhoneNumberCreate = z.object({
  workspace_id: z.uuid().optional(),
  phone_number_id: metaId,
  access_token: z
    .string()
    .trim()
    .max(2000)
    .regex(/^[\x21-\x7e]+$/, { error: 'Input should be an access token as Meta shows it, without spaces' }),
  display_name: z.string().trim().max(255).nullish(),
  business_id: metaId.nullish(),
})

/** Our uuid, or Meta's digits as an alias. */
export const PhoneNumberRef = z.union([z.uuid(), z.string().regex(META_ID)], {
  error: "Input should be a valid UUID (our id of the number) or Meta's id of it (digits)",
})

export const PhoneNumberQuery = PageQuery.extend({
  status: z
    .string()
    .transform((text) => text.toLowerCase())
    .pipe(PhoneNumberStatus)
    .optional(),
})

export const PhoneNumberResponse = z.object({
  id: z.uuid(),
  workspace_id: z.uuid(),
  phone_number: z.string(),
  phone_number_id: z.string(),
  display_name: z.string().nullable(),
  business_id: z.string().nullable(),
  quality_rating: z.string(),
  message_limit: z.int(),
  tier: z.string().nullable(),
  status: PhoneNumberStatus,
  verified_at: z.string().nullable(),
  created_at: z.string(),
  updated_at: z.string(),
  // Additive:
  verified_name: z.string().nullable(),
  throughput_level: z.string(),
  webhooks_subscribed: z.boolean(),
})

export const PhoneNumberListResponse = pageOf(PhoneNumberResponse)

export function phoneNumberResponse(phoneNumber: PhoneNumber): z.output<typeof PhoneNumberResponse> {
  const { id, workspace_id, display_digits, meta_id, waba_id, is_subscribed, ...rest } = phoneNumber
  return {
    ...rest,
    id,
    workspace_id,
    phone_number: `+${display_digits}`,
    phone_number_id: meta_id,
    business_id: waba_id,
    webhooks_subscribed: is_subscribed,
  }
}
