/** A segment: a filter of contacts with a name. Whom it describes is looked up anew whenever it is used. */
import * as z from 'zod'
import { StoredFilter } from '../contacts/filter-api.ts'
import { WorkspaceId } from '../ids.ts'

export const MAX_SEGMENT_NAME = 100

export const Segment = z.object({
  id: z.string(),
  type: z.literal('segment'),
  v: z.literal(1),
  workspace_id: WorkspaceId,
  name: z.string(),
  filter: StoredFilter,
  created_at: z.string(),
  updated_at: z.string(),
})
export type Segment = z.output<typeof Segment>
