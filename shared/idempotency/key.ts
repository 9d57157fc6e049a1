/** The header `Idempotency-Key`. */
import * as z from 'zod'

export const KEY_HEADER = 'Idempotency-Key'
export const REPLAYED_HEADER = 'Idempotency-Replayed'

const MOST_CHARACTERS = 255

export const IdempotencyKey = z
  .string()
  .min(1)
  .max(MOST_CHARACTERS)
  .regex(/^[\x21-\x7e]*$/, { error: 'Input should be printable ASCII without spaces, for example a UUID' })

/** For the API document. */
export const KeyHeader = z.object({
  [KEY_HEADER]: IdempotencyKey.optional().meta({
    description:
      'Makes it safe to send this request again, for example when its answer was lost: the first answer is kept for 24 ' +
      `hours and given again, with \`${REPLAYED_HEADER}: true\`. A new key for each new request, such as a UUID.`,
    example: '3f0c5a52-6f43-4a53-9f4e-9a1c6a1f7f0b',
  }),
})
