/** A word in the query that a list is filtered by, such as a status. */
import * as z from 'zod'

/**
 * In any letter case: `fit` writes it as `words` does. An empty one is not given, as in every other filter: search forms
 * send all of their fields.
 */
export function wordFilter<Words extends z.ZodEnum<Readonly<Record<string, string>>>>(
  words: Words,
  fit: (text: string) => string,
) {
  return z
    .string()
    .transform((text) => (text.trim() === '' ? undefined : fit(text.trim())))
    .pipe(words.optional())
    .optional()
}

export const inUpperCase = (text: string): string => text.toUpperCase()
export const inLowerCase = (text: string): string => text.toLowerCase()
