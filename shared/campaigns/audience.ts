/** Whom a campaign addresses: conditions that hold together, checked when they are given and frozen by the start. */
import * as z from 'zod'
import { filterFields, tidyFilter } from '../contacts/filter-api.ts'
import type { ContactFilter } from '../contacts/filter.ts'
import { contactsById } from '../contacts/find-many.ts'
import { contactStore } from '../contacts/store.ts'
import type { Deps } from '../deps.ts'
import { allChecked, fieldProblem, ValidationError } from '../errors.ts'
import type { WorkspaceId } from '../ids.ts'
import { segmentOrNone } from '../segments/find.ts'
import type { Campaign } from './schema.ts'

/**
 * They lie in the campaign's document, which every worker reads once a second while it sends: 1,000 ids are 39 KB. Longer
 * lists are what tags are for.
 */
const MOST_IDS = 1_000

/**
 * Strict, and without empty lists: a misspelt or forgotten condition must not become a message to everybody. null is as
 * good as absent.
 */
export const AudienceGiven = z
  .strictObject({
    ...filterFields,
    contact_ids: z.array(z.uuid()).min(1).max(MOST_IDS).nullish().describe('Only these contacts'),
    segment: z.uuid().nullish().describe('Id of a segment: only contacts that it describes when the campaign starts'),
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
  segment: z.string().optional(),
})
export type Audience = z.output<typeof Audience>

/** null where nothing is asked for: everybody. */
export function tidyAudience(given: AudienceGiven): Audience | null {
  const { contact_ids, segment, ...filter } = given
  const audience: Audience = {
    ...tidyFilter(filter),
    ...(contact_ids ? { contact_ids: [...new Set(contact_ids.map((id) => id.toLowerCase()))] } : {}),
    ...(segment ? { segment: segment.toLowerCase() } : {}),
  }
  return Object.keys(audience).length === 0 ? null : audience
}

/** Throws ValidationError naming every contact, and the segment, that this workspace does not have. */
export async function checkAudience(
  deps: Pick<Deps, 'containers'>,
  workspaceId: WorkspaceId,
  audience: Audience | null,
): Promise<void> {
  await allChecked([checkContacts(deps, workspaceId, audience), checkSegment(deps, workspaceId, audience)])
}

async function checkContacts(
  deps: Pick<Deps, 'containers'>,
  workspaceId: WorkspaceId,
  audience: Audience | null,
): Promise<void> {
  const ids = audience?.contact_ids
  if (!ids) return
  const known = await contactsOfToday(deps, workspaceId, ids)
  const problems = ids.flatMap((id, index) => {
    if (known.has(id)) return []
    const msg = `No contact of this workspace has the id ${id}`
    return [{ loc: ['body', 'audience', 'contact_ids', index], msg, type: 'value_error' }]
  })
  if (problems.length > 0) throw new ValidationError(problems)
}

export async function checkSegment(
  deps: Pick<Deps, 'containers'>,
  workspaceId: WorkspaceId,
  audience: Audience | null,
): Promise<void> {
  const id = audience?.segment
  if (id === undefined || (await segmentOrNone(deps, workspaceId, id))) return
  throw noSuchSegment(id)
}

function noSuchSegment(id: string): ValidationError {
  return fieldProblem(
    ['body', 'audience', 'segment'],
    `No segment of this workspace has the id ${id}: choose another one`,
  )
}

/** By the ids they were named by, which may be those of before a merge or a new number; deleted ones not. */
async function contactsOfToday(
  deps: Pick<Deps, 'containers'>,
  workspaceId: WorkspaceId,
  ids: readonly string[],
): Promise<Map<string, string>> {
  const today = new Map<string, string>()
  for (let at = 0; at < ids.length; at += IDS_PER_READ) {
    const found = await contactsById(deps, workspaceId, ids.slice(at, at + IDS_PER_READ))
    for (const [id, contact] of found) if (!contact.deleted) today.set(id, contact.id)
  }
  return today
}

const IDS_PER_READ = 200

type Addressed = Pick<Campaign, 'workspace_id' | 'audience'> & Partial<Pick<Campaign, 'segment_filter' | 'started_at'>>

/**
 * The conditions on contacts that the audience stands for: of a campaign that has started as they were frozen then. A segment that
 * is gone describes nobody; it must never come to mean everybody.
 */
export async function audienceFilters(deps: Pick<Deps, 'containers'>, campaign: Addressed): Promise<ContactFilter[]> {
  const { segment, ...audience } = campaign.audience ?? {}
  const frozen = (campaign.started_at ?? null) !== null
  const own = frozen ? audience : await withTodaysIds(deps, campaign.workspace_id, audience)
  if (segment === undefined) return [own]
  const stored = campaign.segment_filter ?? (await segmentOrNone(deps, campaign.workspace_id, segment))?.filter
  return [own, stored ?? NOBODY]
}

const NOBODY: ContactFilter = { contact_ids: [] }

async function withTodaysIds(
  deps: Pick<Deps, 'containers'>,
  workspaceId: WorkspaceId,
  audience: Omit<Audience, 'segment'>,
): Promise<Omit<Audience, 'segment'>> {
  if (!audience.contact_ids) return audience
  const today = await contactsOfToday(deps, workspaceId, audience.contact_ids)
  return { ...audience, contact_ids: [...new Set(today.values())] }
}

/** What a start keeps: the segment's filter as it is now, and the contacts by the ids they have now. */
export async function frozenAudience(
  deps: Pick<Deps, 'containers'>,
  campaign: Campaign,
): Promise<Pick<Campaign, 'audience' | 'segment_filter'>> {
  const { audience, started_at, segment_filter } = campaign
  if (!audience || started_at !== null) return { audience, segment_filter }
  const { segment: id, ...own } = audience
  const { contact_ids } = await withTodaysIds(deps, campaign.workspace_id, own)
  const segment = id === undefined ? undefined : await segmentOrNone(deps, campaign.workspace_id, id)
  // Gone at this very moment: without its filter this would be for everybody.
  if (id !== undefined && !segment) throw noSuchSegment(id)
  return { audience: contact_ids ? { ...audience, contact_ids } : audience, segment_filter: segment?.filter }
}

/** How many it would be sent to now. */
export async function countRecipients(
  deps: Pick<Deps, 'containers'>,
  workspaceId: WorkspaceId,
  audience: Audience | null,
): Promise<number> {
  const filters = await audienceFilters(deps, { workspace_id: workspaceId, audience })
  return contactStore(deps.containers).countAudience(workspaceId, { filters })
}
