/**
 * What Meta says it charges a message as. It tells it with `sent`, and again with one of `delivered` and `read`; amounts
 * are in Meta's price lists and in no webhook.
 */
import * as z from 'zod'

export const Price = z.object({
  category: z.string().describe('marketing, utility, authentication, service … in Meta’s words'),
  type: z.string().describe('`regular` is charged; free_customer_service and free_entry_point are not'),
})
export type Price = z.output<typeof Price>

const LONGEST_WORD = 64

/** `statuses[].pricing`. Without a type (before July 2025) `billable` tells; a shape we do not know tells nothing. */
export const ToldPrice = z
  .object({
    category: z.string().min(1).max(LONGEST_WORD),
    type: z.string().min(1).max(LONGEST_WORD).optional().catch(undefined),
    billable: z.boolean().optional().catch(undefined),
  })
  .transform(({ category, type, billable }): Price => ({ category, type: type ?? typeOf(billable) }))
  .optional()
  .catch(undefined)

function typeOf(billable: boolean | undefined): string {
  if (billable === undefined) return OTHER
  return billable ? REGULAR : 'free'
}

const REGULAR = 'regular'
const OTHER = 'other'

/** In rising rank: where reports about one message differ, the one that costs more holds, in whatever order they come. */
const TYPES = [OTHER, 'free_entry_point', 'free_customer_service', REGULAR]
const CATEGORIES = [
  OTHER,
  'referral_conversion',
  'service',
  'utility',
  'authentication',
  'authentication-international',
  'marketing_lite',
  'marketing',
]
/** A letter for each pair, in the order of their rank. A page of recipients keeps one for each (recipients/fact-row.ts). */
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef'

/** Of words that Meta did not have when this was written, only that they were others is kept. */
export function priceLetter({ category, type }: Price): string {
  return LETTERS.charAt(placeIn(TYPES, type) * CATEGORIES.length + placeIn(CATEGORIES, category))
}

/** Undefined for what stands where nothing was told. */
export function priceOf(letter: string): Price | undefined {
  const at = letter === '' ? -1 : LETTERS.indexOf(letter)
  if (at < 0) return undefined
  const [type, category] = [TYPES[Math.floor(at / CATEGORIES.length)], CATEGORIES[at % CATEGORIES.length]]
  return { category: category ?? OTHER, type: type ?? OTHER }
}

/** Of two reports about one message, the one that counts. */
export function higherPrice(known: Price | undefined, told: Price): Price {
  return known === undefined || rankOf(told) > rankOf(known) ? told : known
}

function rankOf(price: Price): string {
  return `${priceLetter(price)} ${price.type} ${price.category}`
}

function placeIn(words: readonly string[], word: string): number {
  return Math.max(0, words.indexOf(word))
}
