/** Segments as the API's users see them. */
import * as z from 'zod'
import { FilterGiven, StoredFilter } from '../contacts/filter-api.ts'
import { PageQuery, pageOf } from '../http/paging.ts'
import { wellFormedText } from '../http/text.ts'
import { MAX_SEGMENT_NAME, type Segment } from './schema.ts'

const name = wellFormedText.min(1).max(MAX_SEGMENT_NAME).meta({ example: 'Regulars in Berlin' })

export const SegmentCreate = z
  .object({ workspace_id: z.uuid(), name, filter: FilterGiven })
  .meta({ id: 'SegmentCreate', description: 'A filter of contacts with a name' })

export const SegmentUpdate = z
  .object({ name: name.nullish(), filter: FilterGiven.nullish().describe('All of it: it replaces the one before') })
  .meta({ id: 'SegmentUpdate', description: 'Changes of a segment; null means: leave as it is' })

export const SegmentResponse = z
  .object({
    id: z.uuid(),
    workspace_id: z.uuid(),
    name: z.string(),
    filter: StoredFilter,
    contact_count: z.int().nullable().describe('How many contacts it describes now; null in lists'),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'SegmentResponse', description: 'A saved filter of contacts' })

export function segmentResponse(segment: Segment, count: number | null = null): z.input<typeof SegmentResponse> {
  return { ...segment, contact_count: count }
}

export const SegmentListQuery = PageQuery.extend({ workspace_id: z.uuid() })

export const SegmentListResponse = pageOf(SegmentResponse).meta({
  id: 'SegmentListResponse',
  description: 'The segments of a workspace, newest first',
})

export const SegmentPath = z.object({ segment_id: z.uuid().toLowerCase() })
