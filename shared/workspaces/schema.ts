/** Workspaces and their members as stored, and the rules of what a workspace may become. */
import * as z from 'zod'
import { WorkspaceId, derivedId } from '../ids.ts'
import { Role } from './membership.ts'

export const WorkspacePlan = z.enum(['free', 'pro', 'enterprise']).meta({ id: 'WorkspacePlan' })
export type WorkspacePlan = z.output<typeof WorkspacePlan>

export const WorkspaceStatus = z.enum(['active', 'suspended', 'cancelled']).meta({ id: 'WorkspaceStatus' })
export type WorkspaceStatus = z.output<typeof WorkspaceStatus>

const TimeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/)
/** From one time of day to another, over midnight where `to` is the earlier. */
export const QuietHours = z.strictObject({ from: TimeOfDay, to: TimeOfDay }).refine(isHalfADayAtMost, {
  error: 'Quiet hours can last 12 hours at most: of a country with several time zones no hour would be left',
})
export type QuietHours = z.output<typeof QuietHours>

function isHalfADayAtMost({ from, to }: { from: string; to: string }): boolean {
  const minutes = (time: string) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3))
  return (minutes(to) - minutes(from) + 24 * 60) % (24 * 60) <= 12 * 60
}

const MAX_WORDS = 100
const MAX_WORD_LENGTH = 60
export const ConsentWords = z.array(z.string().min(1).max(MAX_WORD_LENGTH)).max(MAX_WORDS)
export const ConsentReply = z.string().min(1).max(1000)

/** So many messages in so many hours. Longer than a month is not remembered. */
export const FrequencyCap = z.strictObject({ messages: z.int().min(1).max(100), hours: z.int().min(1).max(720) })
export type FrequencyCap = z.output<typeof FrequencyCap>

/** What Herald itself reads is named here; clients may keep further keys of their own. */
export const WorkspaceSettings = z.looseObject({
  /** ISO 3166 code: the country of phone numbers that an import gives without their country code. */
  default_country: z.string().optional(),
  /** Whether contacts that are created or imported without a word about consent count as opted in; default true. */
  contacts_opted_in: z.boolean().optional(),
  /** Whether texts and media are refused when the person did not write within the last 24 hours; default true. */
  check_service_window: z.boolean().optional(),
  /** Whether the role AGENT may only read and send; default false: what every member may. */
  agents_read_and_send_only: z.boolean().optional(),
  /** How many minutes after its time a scheduled campaign is still started; default 60. */
  late_start_minutes: z.int().optional().catch(undefined),
  // The next four are of campaigns. Before they were known, a client may have kept anything under these names.
  /** A campaign pauses when this share of its latest messages fails, for reasons that are not about one person; default 20. */
  max_error_percent: z.int().min(1).max(100).optional().catch(undefined),
  /** Whether campaigns pause when Meta rates their number RED; default true. */
  pause_on_red_quality: z.boolean().optional().catch(undefined),
  /** When campaigns send to nobody, by the clock where the person lives; default never. */
  quiet_hours: QuietHours.optional().catch(undefined),
  /** Words by which a person opts out or in, instead of those that contacts/consent-words.ts has. */
  opt_out_words: ConsentWords.optional().catch(undefined),
  opt_in_words: ConsentWords.optional().catch(undefined),
  /** The text that answers such a word; default none. */
  opt_out_reply: ConsentReply.optional().catch(undefined),
  opt_in_reply: ConsentReply.optional().catch(undefined),
  /** How many marketing messages of campaigns a contact gets at most; default as many as there are. */
  frequency_cap: FrequencyCap.optional().catch(undefined),
})
export type WorkspaceSettings = z.output<typeof WorkspaceSettings>

/** In `core`, under its own id as partition. */
export const Workspace = z.object({
  id: WorkspaceId,
  workspace_id: WorkspaceId,
  type: z.literal('workspace'),
  v: z.literal(1),
  name: z.string(),
  slug: z.string(),
  plan: WorkspacePlan,
  status: WorkspaceStatus,
  settings: WorkspaceSettings,
  created_by: z.uuid(),
  /** Both sealed: see secrets.ts. */
  api_key: z.string(),
  webhook_secret: z.string(),
  /** Entries of `directory` under former secrets, noted in the write that replaced them: to be removed. */
  retired_entries: z.array(z.string()).optional(),
  /**
   * The active owners and the number of members. Written together with every member's row, so that whoever takes the
   * last owner away, or adds one member too many, meets whoever does the same at this moment.
   */
  owner_ids: z.array(z.uuid()).optional(),
  member_count: z.int().optional(),
  /** Gone for everybody from here on; what is left beside it is cleared away by settle.ts. */
  deleted_at: z.string().optional(),
  created_at: z.string(),
  updated_at: z.string(),
})
export type Workspace = z.output<typeof Workspace>

/**
 * In `core`, beside the workspace: one row for each member. The rows decide who is a member; each user's own document
 * has a copy, which permissions are read from (see members/settle.ts).
 */
export const Member = z.object({
  id: z.uuid(),
  workspace_id: WorkspaceId,
  type: z.literal('member'),
  v: z.literal(1),
  user_id: z.uuid(),
  /** As whoever added them wrote it. */
  user_email: z.string().optional(),
  role: Role,
  /** Pending until the person signs up. A removed row stays, so that being added again is a change of it. */
  status: z.enum(['pending', 'active', 'suspended', 'removed']),
  joined_at: z.string().nullable(),
  /** When they were added, last time, and by which request if that had an Idempotency-Key. */
  created_at: z.string(),
  made_by: z.string().optional(),
})
export type Member = z.output<typeof Member>

/** Lists of members have no pages, and a deletion visits everybody: a bound keeps both small. */
export const MOST_MEMBERS = 500

/** One row for a user in a workspace, by construction. */
export function memberId(workspaceId: WorkspaceId, userId: string): string {
  return derivedId('other', workspaceId, `member\n${userId}`)
}

/** Nobody inside a suspended workspace can lift the suspension, not even by way of another status. */
export function canBecome(next: WorkspaceStatus, current: WorkspaceStatus): boolean {
  return current === next || current !== 'suspended'
}

/** Readable in a URL and unique without asking anybody: the workspace's id is part of it. */
export function slugOf(name: string, workspaceId: WorkspaceId): string {
  const words = name
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 48)
    .replace(/^-+|-+$/g, '')
  return `${words === '' ? 'workspace' : words}-${workspaceId.slice(0, 8)}`
}
