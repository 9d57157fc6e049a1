/** Conditions on contacts as a request gives them: strict, so that a misspelt one never becomes everybody. */
import * as z from 'zod'
import { wellFormedText } from '../http/text.ts'
import { AttributeName, foldAttribute, MAX_ATTRIBUTE_LENGTH } from './attributes.ts'
import { MAX_TAG_LENGTH, tidyTags } from './schema.ts'

const MOST_TAGS = 50
const MOST_ATTRIBUTES = 10
const MOST_VALUES = 50

const tag = wellFormedText.max(MAX_TAG_LENGTH).refine((text) => tidyTags([text]).length > 0, {
  error: 'A tag has at least one letter',
})
const value = wellFormedText.min(1).max(MAX_ATTRIBUTE_LENGTH)

/** null is as good as absent; without empty lists, which a forgotten value would make. */
export const filterFields = {
  tags: z.array(tag).min(1).max(MOST_TAGS).nullish().describe('Contacts with these tags, in any letter case'),
  tags_match: z
    .enum(['any', 'all'])
    .nullish()
    .describe('Whether one of the tags is enough (the default) or all are needed'),
  exclude_tags: z.array(tag).max(MOST_TAGS).nullish().describe('But none with any of these tags'),
  attributes: z
    .record(AttributeName, z.union([value, z.array(value).min(1).max(MOST_VALUES)]))
    .refine((given) => Object.keys(given).length <= MOST_ATTRIBUTES, {
      error: `Give at most ${MOST_ATTRIBUTES} attributes`,
    })
    .refine((given) => new Set(Object.keys(given).map(foldAttribute)).size === Object.keys(given).length, {
      error: 'The same attribute is given twice: names are compared without regard to case and accents',
    })
    .nullish()
    .describe('Contacts whose attribute has this value, or one of these; values are compared exactly'),
}

const consentFields = {
  consent: z
    .enum(['opted_in', 'opted_out', 'none'])
    .nullish()
    .describe('What they have said; `none`: neither yes nor no'),
}

export const FilterGiven = z.strictObject({ ...filterFields, ...consentFields }).meta({
  id: 'ContactFilter',
  description: 'Which contacts: all conditions together',
  example: { tags: ['vip'], exclude_tags: ['staff'], attributes: { city: ['Berlin', 'Paris'] } },
})
export type FilterGiven = z.output<typeof FilterGiven>

/** As it is stored and answered: only what asks for something, each tag and value once. */
export const StoredFilter = z.object({
  tags: z.array(z.string()).optional(),
  tags_match: z.enum(['any', 'all']).optional(),
  exclude_tags: z.array(z.string()).optional(),
  attributes: z.record(z.string(), z.array(z.string())).optional(),
  consent: z.enum(['opted_in', 'opted_out', 'none']).optional(),
})
export type StoredFilter = z.output<typeof StoredFilter>

export function tidyFilter({ tags, tags_match, exclude_tags, attributes, consent }: FilterGiven): StoredFilter {
  return {
    ...(tags ? { tags: tidyTags(tags), tags_match: tags_match ?? 'any' } : {}),
    ...(exclude_tags?.length ? { exclude_tags: tidyTags(exclude_tags) } : {}),
    ...(attributes && Object.keys(attributes).length > 0 ? { attributes: listed(attributes) } : {}),
    ...(consent ? { consent } : {}),
  }
}

function listed(attributes: Record<string, string | string[]>): Record<string, string[]> {
  const once = (values: string | string[]) => [...new Set([values].flat())]
  return Object.fromEntries(Object.entries(attributes).map(([name, values]) => [name, once(values)]))
}
