/** A job over many contacts: what is done to whom, and how far it has come. It lies beside the contacts, so that both are written at once. */
import * as z from 'zod'
import { WorkspaceId } from '../../ids.ts'
import { StoredFilter } from '../filter-api.ts'

export const BulkAction = z.enum(['tag', 'untag', 'delete'])
export type BulkAction = z.output<typeof BulkAction>

/** failed: its steps failed again and again. What they changed stays. */
export const BulkStatus = z.enum(['running', 'done', 'failed'])

export const BulkJob = z.object({
  id: z.string(),
  type: z.literal('job'),
  v: z.literal(1),
  workspace_id: WorkspaceId,
  action: BulkAction,
  tags: z.array(z.string()),
  filter: StoredFilter,
  /** With its filter as it was when it was asked for. */
  segment: z.object({ id: z.string(), filter: StoredFilter }).optional(),
  status: BulkStatus,
  /** Contacts that fit the filter when it was asked for. */
  matched: z.int(),
  changed: z.int(),
  /** Had the tags already, or not. */
  unchanged: z.int(),
  /** Would have more tags than a contact may. */
  refused: z.int(),
  /** The contact it has come to, in the order of ids. */
  cursor: z.string(),
  asked_at: z.string(),
  finished_at: z.string().nullable(),
  /** How often it was found silent since it last came on. */
  stalls: z.int().default(0),
  updated_at: z.string(),
})
export type BulkJob = z.output<typeof BulkJob>

/** All of these together. */
export function filtersOf({ filter, segment }: Pick<BulkJob, 'filter' | 'segment'>): StoredFilter[] {
  return segment ? [filter, segment.filter] : [filter]
}
