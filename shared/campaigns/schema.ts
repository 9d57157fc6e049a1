/** Campaigns: their shape, and their life cycle as one table. */
import * as z from 'zod'
import { StoredFilter } from '../contacts/filter-api.ts'
import { WorkspaceId } from '../ids.ts'
import { Audience } from './audience.ts'
import { Variables } from './variable-sources.ts'

export const CampaignStatus = z.enum(['DRAFT', 'SCHEDULED', 'SENDING', 'COMPLETED', 'CANCELLED', 'FAILED'])
export type CampaignStatus = z.output<typeof CampaignStatus>

/**
 * SCHEDULED also stands for paused (`paused_at` set), as the API document has it; one that never started can become a
 * draft again. FAILED: its ledger does not add up (see complete.ts).
 */
const NEXT: Record<CampaignStatus, readonly CampaignStatus[]> = {
  DRAFT: ['SCHEDULED', 'SENDING', 'CANCELLED'],
  SCHEDULED: ['DRAFT', 'SCHEDULED', 'SENDING', 'CANCELLED'],
  SENDING: ['SCHEDULED', 'COMPLETED', 'CANCELLED', 'FAILED'],
  COMPLETED: [],
  CANCELLED: [],
  FAILED: [],
}

export function canBecome(next: CampaignStatus, current: CampaignStatus): boolean {
  return NEXT[current].includes(next)
}

/** True while it waits for its time: the timer starts it then. */
export function waitsForItsTime(campaign: Campaign): boolean {
  const { status, scheduled_at, paused_at, started_at } = campaign
  return status === 'SCHEDULED' && scheduled_at !== null && paused_at === null && started_at === null
}

/** A sending one stops; one that waits for its time is kept from starting. */
export function canPause(campaign: Campaign): boolean {
  return campaign.status === 'SENDING' || waitsForItsTime(campaign)
}

const Counters = z.object({
  sent: z.int(),
  delivered: z.int(),
  read: z.int(),
  failed: z.int(),
  skipped: z.int(),
  cancelled: z.int(),
  uncertain: z.int(),
  replied: z.int().default(0),
  failures: z.record(z.string(), z.int()),
  priced: z.record(z.string(), z.int()).default({}),
})

const KeyedStart = z.object({
  execution_id: z.string(),
  retried: z.object({ failed: z.int(), uncertain: z.int(), refused: z.record(z.string(), z.int()) }).optional(),
})
export type KeyedStart = z.output<typeof KeyedStart>

export const Campaign = z.object({
  id: z.string(),
  workspace_id: WorkspaceId,
  type: z.literal('campaign'),
  v: z.literal(1),
  name: z.string(),
  phone_number_id: z.string(),
  template_id: z.string().nullable(),
  variables: Variables,
  /** Whom it addresses; null: everybody. */
  audience: Audience.nullable().default(null),
  /** That of its segment, frozen by the start. */
  segment_filter: StoredFilter.optional(),
  /** When it is to start, or was; UTC. */
  scheduled_at: z.string().nullable().default(null),
  status: CampaignStatus,
  /** Changes with every start, so that what an earlier start left in a queue does nothing. */
  execution_id: z.string().nullable(),
  /**
   * The latest starts that came with an Idempotency-Key, and what a retry among them promised. A start that is run again
   * finds itself here, and does not undo what a person did since.
   */
  keyed_starts: z.array(KeyedStart).optional(),
  /** True while its conductor has work: what the sweeper looks for. */
  in_motion: z.boolean(),
  /** Set once every recipient of the audience is in a page. */
  planned_at: z.string().nullable(),
  /** Recipients, once it is planned; before that, how many there would have been when it was made. */
  total: z.int(),
  /** Pages the audience fills, once it is planned. */
  pages: z.int(),
  /** States a person asked to send again, until the campaign came to rest after it. */
  reopen: z.array(z.enum(['failed', 'uncertain'])),
  /** The codes of the failures that are sent again. */
  reopen_codes: z.array(z.int()).optional(),
  /** How often a person asked to send again: the number of the latest retry. */
  retries: z.int().optional(),
  pause_reason: z.string().nullable(),
  /** What it waits for by itself while it is SENDING; `since` of the first of several in a row: see hold.ts. */
  hold: z.object({ until: z.string(), reason: z.string(), since: z.string() }).optional(),
  started_at: z.string().nullable(),
  paused_at: z.string().nullable(),
  completed_at: z.string().nullable(),
  cancelled_at: z.string().nullable(),
  created_at: z.string(),
  updated_at: z.string(),
  /** The counters at rest, brought up to date now and then (see refresh.ts); the facts are what is exact. */
  counters: Counters.nullable(),
  /** Why it FAILED, and when. */
  failure_reason: z.string().nullable().default(null),
  failed_at: z.string().nullable().default(null),
  /** Set for good by a deletion: the facts and counters stay. */
  deleted_at: z.string().optional(),
})
export type Campaign = z.output<typeof Campaign>
