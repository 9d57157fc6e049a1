/** Whom a campaign addresses: conditions that hold together, checked when they are given and frozen by the start. */
import { z } from 'zod'
import { AttributeName, foldAttribute, MAX_ATTRIBUTE_LENGTH } from '../contacts/attributes.ts'
import { contactStore } from '../contacts/store.ts'
import { tidyTags, MAX_TAG_LENGTH } from '../contacts/schema.ts'
import type { Deps } from '../deps.ts'
import { ValidationError } from '../errors.ts'
import { wellFormedText } from '../http/text.ts'
import type { WorkspaceId } from '../ids.ts'

const MOST_TAGS = 50
/**
 * They lie in the campaign's document, which every worker reads once a second while it sends: 1,000 ids are 39 KB. Longer
 * lists are what tags are for.
 */
const MOST_IDS = 1_000
const MOST_ATTRIBUTES = 10
const MOST_VALUES = 50

const tag = wellFormedText.max(MAX_TAG_LENGTH).refine((text) => tidyTags([text]).length > 0, {
  error: 'A tag has at least one letter',
})
const value = wellFormedText.min(1).max(MAX_ATTRIBUTE_LENGTH)

/**
 * Strict, and without empty lists: a misspelt or forgotten condition must not become a message to everybody. null is as
 * good as absent.
 */
export const AudienceGiven = z
  .strictObject({
    tags: z.array(tag).min(1).max(MOST_TAGS).nullish().describe('Contacts with these tags, in any letter case'),
    tags_match: z
      .enum(['any', 'all'])
      .nullish()
      .describe('Whether one of the tags is enough (the default) or all are needed'),
    exclude_tags: z.array(tag).max(MOST_TAGS).nullish().describe('But none with any of these tags'),
    contact_ids: z.array(z.uuid()).min(1).max(MOST_IDS).nullish().describe('Only these contacts'),
    attributes: z
      .record(AttributeName, z.union([value, z.array(value).min(1).max(MOST_VALUES)]))
      .refine((given) => Object.keys(given).length <= MOST_ATTRIBUTES, {
        error: `Give at most ${MOST_ATTRIBUTES} attributes`,
      })
      .refine((given) => new Set(Object.keys(given).map(foldAttribute)).size === Object.keys(given).length, {
        error: 'The same attribute is given twice: names are compared without regard to case',
      })
      .nullish()
      .describe('Contacts whose attribute has this value, or one of these; values are compared exactly'),
  })
  .meta({
    id: 'Audience',
    description:
      'Whom a campaign addresses: all conditions together. None means every contact. Only contacts that are opted in ' +
      'are ever sent to.',
    example: { tags: ['vip'], exclude_tags: ['staff'], attributes: { city: ['Berlin', 'Paris'] } },
  })
export type AudienceGiven = z.output<typeof AudienceGiven>

/** As it is stored and answered: only what asks for something, each tag, id and value once. */
export const Audience = z.object({
  tags: z.array(z.string()).optional(),
  tags_match: z.enum(['any', 'all']).optional(),
  exclude_tags: z.array(z.string()).optional(),
  contact_ids: z.array(z.string()).optional(),
  attributes: z.record(z.string(), z.array(z.string())).optional(),
})
export type Audience = z.output<typeof Audience>

/** null where nothing is asked for: everybody. */
export function tidyAudience(given: AudienceGiven): Audience | null {
  const { tags, tags_match, exclude_tags, contact_ids, attributes } = given
  const audience: Audience = {
    ...(tags ? { tags: tidyTags(tags), tags_match: tags_match ?? 'any' } : {}),
    ...(exclude_tags?.length ? { exclude_tags: tidyTags(exclude_tags) } : {}),
    ...(contact_ids ? { contact_ids: [...new Set(contact_ids.map((id) => id.toLowerCase()))] } : {}),
    ...(attributes && Object.keys(attributes).length > 0 ? { attributes: listed(attributes) } : {}),
  }
  return Object.keys(audience).length === 0 ? null : audience
}

function listed(attributes: Record<string, string | string[]>): Record<string, string[]> {
  const once = (values: string | string[]) => [...new Set([values].flat())]
  return Object.fromEntries(Object.entries(attributes).map(([name, values]) => [name, once(values)]))
}

/** Throws ValidationError naming every contact that this workspace does not have. */
export async function checkAudience(
  { containers }: Pick<Deps, 'containers'>,
  workspaceId: WorkspaceId,
  audience: Audience | null,
): Promise<void> {
  const ids = audience?.contact_ids
  if (!ids) return
  const known = await contactStore(containers).existing(workspaceId, ids)
  const problems = ids.flatMap((id, index) => {
    if (known.has(id)) return []
    const msg = `No contact of this workspace has the id ${id}`
    return [{ loc: ['body', 'audience', 'contact_ids', index], msg, type: 'value_error' }]
  })
  if (problems.length > 0) throw new ValidationError(problems)
}

/** How many it would be sent to now. */
export function countRecipients(
  { containers }: Pick<Deps, 'containers'>,
  workspaceId: WorkspaceId,
  audience: Audience | null,
): Promise<number> {
  return contactStore(containers).countAudience(workspaceId, { filters: [audience ?? {}] })
}
