/** Campaigns as the API's users see them. */
import * as z from 'zod'
import { PageQuery, pageOf } from '../http/paging.ts'
import { wellFormedText } from '../http/text.ts'
import { inUpperCase, wordFilter } from '../http/word-filter.ts'
import { PhoneNumberRef } from '../phone-numbers/api.ts'
import { Price } from '../whatsapp/pricing.ts'
import { Audience, AudienceGiven } from './audience.ts'
import { CampaignStatus } from './schema.ts'
import { Variables } from './variable-sources.ts'

const name = wellFormedText.min(1).max(255)
/** In any letter case. */
const anyCaseStatus = z
  .string()
  .transform((text) => text.toUpperCase())
  .pipe(CampaignStatus)

const ScheduledAt = z.iso
  .datetime({
    offset: true,
    error: 'Give a date and time and say which time zone: 2027-01-31T09:00:00+01:00, or …Z for UTC',
  })
  .meta({
    description: 'When to start: a time in the future, at most a year ahead, with its time zone; additive',
    example: '2027-01-31T09:00:00+01:00',
  })

export const CampaignCreate = z
  .object({
    workspace_id: z.uuid(),
    phone_number_id: PhoneNumberRef,
    template_id: z.uuid().nullish(),
    name,
    variables: Variables.nullish().describe('Where the values of the template come from; additive'),
    audience: AudienceGiven.nullish(),
    scheduled_at: ScheduledAt.nullish(),
  })
  .meta({ id: 'CampaignCreate', description: 'Schema for creating a new campaign' })

/** Where the path names the workspace; naming it again is allowed if it is the same. */
export const CampaignCreateInWorkspace = CampaignCreate.extend({ workspace_id: z.uuid().optional() })

/** null means "not given". */
export const CampaignUpdate = z
  .object({
    name: name.nullish(),
    status: anyCaseStatus
      .nullish()
      .describe('A change of state: SENDING starts or resumes, SCHEDULED pauses, CANCELLED cancels'),
    template_id: z.uuid().nullish().describe('Only while the campaign is a draft; additive'),
    phone_number_id: PhoneNumberRef.nullish().describe('Only while the campaign is a draft; additive'),
    variables: Variables.nullish().describe('Only while the campaign is a draft; additive'),
    audience: AudienceGiven.nullish().describe('Only while the campaign is a draft; {} stands for everybody; additive'),
    scheduled_at: ScheduledAt.nullish().describe(
      'Schedules a draft or moves a campaign that has not started; null makes it a draft again; additive',
    ),
  })
  .meta({ id: 'CampaignUpdate', description: 'Schema for updating campaign' })

const Filter = PageQuery.extend({
  status: wordFilter(CampaignStatus, inUpperCase).describe('Filter by status'),
  phone_number_id: PhoneNumberRef.optional().describe('Filter by phone number'),
})

export const CampaignListQuery = Filter.extend({ workspace_id: z.uuid().describe('Workspace ID to filter by') })
export const WorkspaceCampaignListQuery = Filter

const timestamp = z.iso.datetime().nullable()

export const CampaignResponse = z
  .object({
    id: z.uuid(),
    workspace_id: z.uuid(),
    phone_number_id: z.uuid(),
    template_id: z.uuid().nullable(),
    name: z.string(),
    total_contacts: z.int().describe('Recipients; an estimate while the campaign is a draft'),
    sent_count: z.int().describe('Counters are cumulative: sent ≥ delivered ≥ read, each recipient once in each'),
    delivered_count: z.int(),
    read_count: z.int(),
    failed_count: z.int().describe('Terminal failures only'),
    status: CampaignStatus,
    // Additive:
    skipped_count: z.int(),
    cancelled_count: z.int(),
    uncertain_count: z.int().describe('Recipients for whom the answer of Meta was lost; never sent to again unasked'),
    pending_count: z.int(),
    replied_count: z
      .int()
      .describe(
        'Recipients who answered the message: wrote with a quote of it, pressed a button of it, or reacted to it',
      ),
    failures: z.array(z.object({ code: z.int(), reason: z.string(), count: z.int() })).describe('By code of Meta'),
    prices: z
      .array(Price.extend({ count: z.int() }))
      .describe(
        'Recipients by what Meta says it charges their message as; those of whom it has not said it are in none',
      ),
    variables: Variables,
    audience: Audience.nullable().describe('Whom it addresses; null: everybody'),
    scheduled_at: timestamp.describe('When it is to start, or was'),
    state: z.enum(['paused', 'scheduled']).nullable().describe('What SCHEDULED means here'),
    pause_reason: z.string().nullable().describe('Why the campaign paused by itself, or was not started at its time'),
    held_until: timestamp.describe('While it waits by itself: nothing is sent before; null or past, nothing holds it'),
    hold_reason: z.string().nullable().describe('What it waits for by itself'),
    started_at: timestamp,
    paused_at: timestamp,
    completed_at: timestamp,
    cancelled_at: timestamp,
    failed_at: timestamp,
    failure_reason: z.string().nullable().describe('Why it FAILED'),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'CampaignResponse', description: 'Schema for campaign response' })
export type CampaignResponse = z.output<typeof CampaignResponse>

export const CampaignRetryResponse = CampaignResponse.extend({
  retried: z.object({
    failed: z.int().describe('Failed recipients who are sent to again'),
    uncertain: z.int().describe('Uncertain recipients who are sent to again'),
    refused: z.record(z.string(), z.int()).describe('Failed recipients who are not, by the class of their failure'),
  }),
}).meta({ id: 'CampaignRetryResponse', description: 'Schema for campaign response with what a retry will do' })

export const CampaignListResponse = pageOf(CampaignResponse).meta({
  id: 'CampaignListResponse',
  description: 'Schema for paginated campaign list',
})
