/** Jobs over contacts as the API's users see them. */
import * as z from 'zod'
import { wellFormedText } from '../../http/text.ts'
import { FilterGiven, StoredFilter } from '../filter-api.ts'
import { MAX_TAG_LENGTH, MAX_TAGS, tidyTags } from '../schema.ts'
import { BulkAction, BulkStatus, type BulkJob } from './schema.ts'

const tag = wellFormedText.max(MAX_TAG_LENGTH).refine((text) => tidyTags([text]).length > 0, {
  error: 'A tag has at least one letter',
})

const chosen = {
  workspace_id: z.uuid(),
  filter: FilterGiven.nullish(),
  segment: z
    .uuid()
    .nullish()
    .describe('Id of a segment: only whom it describes now, and who fits the filter if there is one'),
  everyone: z.boolean().nullish().describe('To be said where there is neither a segment nor a condition'),
}

export const BulkPreviewRequest = z
  .strictObject(chosen)
  .meta({ id: 'ContactBulkPreviewRequest', description: 'Which contacts' })

export const BulkPreview = z
  .object({ count: z.int().describe('Contacts that fit now') })
  .meta({ id: 'ContactBulkPreview', description: 'How many contacts it would be for' })

export const BulkRequest = z
  .strictObject({
    ...chosen,
    action: BulkAction,
    tags: z
      .array(tag)
      .max(MAX_TAGS)
      .nullish()
      .meta({ description: 'To add or take away', example: ['autumn'] }),
  })
  .meta({
    id: 'ContactBulkRequest',
    description: 'Tags, or a deletion, for all contacts that fit a filter',
    example: {
      workspace_id: '550e8400-e29b-41d4-a716-446655440000',
      action: 'tag',
      tags: ['autumn'],
      filter: { tags: ['vip'] },
    },
  })

export const BulkResponse = z
  .object({
    id: z.uuid(),
    workspace_id: z.uuid(),
    action: BulkAction,
    tags: z.array(z.string()),
    filter: StoredFilter,
    segment: z.uuid().nullable().describe('As it described people when it was asked for'),
    status: BulkStatus.describe(
      'failed: something went wrong on our side; what is changed stays, and asking again does the rest',
    ),
    matched: z.int().describe('Contacts that fitted when it was asked for'),
    changed: z.int(),
    unchanged: z.int().describe('Had the tags already, or did not have them'),
    refused: z.int().describe('Would have had more than 50 tags'),
    left_alone: z.int().describe('Changed by somebody else since it was asked for; 0 until it is done'),
    asked_at: z.iso.datetime(),
    finished_at: z.iso.datetime().nullable(),
  })
  .meta({ id: 'ContactBulkJob', description: 'How far a job over contacts has come' })

export function bulkResponse(job: BulkJob): z.input<typeof BulkResponse> {
  const { matched, changed, unchanged, refused } = job
  const left_alone = job.status === 'done' ? Math.max(0, matched - changed - unchanged - refused) : 0
  return { ...job, segment: job.segment?.id ?? null, left_alone }
}

export const BulkPath = z.object({ job_id: z.uuid().toLowerCase() })
