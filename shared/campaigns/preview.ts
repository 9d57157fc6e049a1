/**
 * Whom a campaign would be sent to now, and who would be left out and why: counted and shown by examples, with two small
 * queries for each group at most, however many there are.
 */
import * as z from 'zod'
import type { AudienceContact, AudienceQuestion } from '../contacts/audience.ts'
import { contactStore } from '../contacts/store.ts'
import type { Deps } from '../deps.ts'
import type { WorkspaceId } from '../ids.ts'
import { audienceFilters, AudienceGiven, checkAudience, tidyAudience, Audience } from './audience.ts'
import { campaignStore } from './store.ts'
import { lackingCondition } from './variables.ts'

const EXAMPLES = 10

/** Strict: a misspelt `audience` would show another campaign than the one that is meant. */
export const CampaignPreviewRequest = z
  .strictObject({
    audience: AudienceGiven.nullish().describe('One to try instead of the campaign’s own; nothing is stored'),
  })
  .meta({ id: 'CampaignPreviewRequest', description: 'What to preview' })

const Example = z.object({
  contact_id: z.uuid(),
  phone_number: z.string().describe('Empty if it is not known'),
  name: z.string().nullable(),
})

export const CampaignPreview = z
  .object({
    audience: Audience.nullable().describe('Whom it addresses; null: everybody'),
    total: z.int().describe('Contacts that the audience describes'),
    would_receive: z.int(),
    examples: z.array(Example).describe('At most 10 who would receive it'),
    skipped: z.array(
      z.object({
        reason: z.enum(['opted_out', 'no_consent', 'missing_variable', 'no_phone_number']),
        description: z.string().describe('The reason in words'),
        count: z.int(),
        examples: z.array(Example).describe('At most 10 of them'),
      }),
    ),
  })
  .meta({
    id: 'CampaignPreview',
    description:
      'Whom a campaign would be sent to now, and who would be left out. Who has had as many marketing messages as the ' +
      'workspace’s `frequency_cap` allows is counted by the preflight, not here.',
  })
export type CampaignPreview = z.output<typeof CampaignPreview>
type Skipped = CampaignPreview['skipped'][number]

type PreviewDeps = Pick<Deps, 'containers'>

export async function previewCampaign(
  deps: PreviewDeps,
  workspaceId: WorkspaceId,
  campaignId: string,
  { audience: given }: z.output<typeof CampaignPreviewRequest>,
): Promise<CampaignPreview> {
  const { value: campaign } = await campaignStore(deps).get(workspaceId, campaignId)
  const audience = given ? tidyAudience(given) : campaign.audience
  if (given) await checkAudience(deps, workspaceId, audience)
  const filters = await audienceFilters(deps, given ? { workspace_id: workspaceId, audience } : campaign)
  const lacking = lackingCondition(campaign.variables)
  const [willing, ...others] = await Promise.all([
    group(deps, workspaceId, { filters, ...(lacking === undefined ? {} : { and: `NOT (${lacking})` }) }),
    group(deps, workspaceId, { filters, consent: 'opted_out' }),
    group(deps, workspaceId, { filters, consent: 'no_consent' }),
    lacking === undefined ? NOBODY : group(deps, workspaceId, { filters, and: lacking }),
    group(deps, workspaceId, { filters, consent: 'no_number' }),
  ])
  const skipped = REASONS.map((reason, index): Skipped => ({ ...reason, ...(others[index] ?? NOBODY) }))
  return {
    audience,
    total: willing.count + others.reduce((sum, { count }) => sum + count, 0),
    would_receive: willing.count,
    examples: willing.examples,
    skipped: skipped.filter(({ count }) => count > 0),
  }
}

/** In the order they are asked for. */
const REASONS = [
  { reason: 'opted_out', description: 'They opted out of messages from this workspace' },
  { reason: 'no_consent', description: 'They have not agreed to campaigns: they were only written to, or wrote' },
  { reason: 'missing_variable', description: 'The template needs a value that they lack, and there is no fallback' },
  { reason: 'no_phone_number', description: 'They write under a username and keep their phone number to themselves' },
] as const

interface Group {
  count: number
  examples: CampaignPreview['examples']
}
const NOBODY: Group = { count: 0, examples: [] }

/** Counted only where the examples do not tell. */
async function group(
  { containers }: PreviewDeps,
  workspaceId: WorkspaceId,
  question: AudienceQuestion,
): Promise<Group> {
  const contacts = contactStore(containers)
  const found = await contacts.audienceSample(workspaceId, question, EXAMPLES)
  const examples = found.map(example)
  if (found.length < EXAMPLES) return { count: found.length, examples }
  return { count: await contacts.countAudience(workspaceId, question), examples }
}

function example({ id, phone_number, name }: AudienceContact) {
  return { contact_id: id, phone_number, name }
}
