/** A message template as stored: what was asked for, what Meta made of it, and which of Meta's words may follow which. */
import * as z from 'zod'
import { WorkspaceId, derivedId } from '../ids.ts'
import { Component } from './components.ts'

/** What is under way at Meta for this template. A job does something only while its task is still the template's. */
export const Task = z.object({
  id: z.uuid(),
  kind: z.enum([
    /** To be submitted anew, after Meta refused it or lost it. */
    'create',
    /** The new components are to be handed to Meta, which has those of `before_edit`. */
    'edit',
    /** Meta is to be asked what the template really is. */
    'ask',
  ]),
})

export type Task = z.output<typeof Task>

/** One version that Meta is still to be told to delete: by its id, or by what it says if its id was never known. */
export const Deletion = z.object({ meta_template_id: z.string().nullable(), components: z.array(Component) })
export type Deletion = z.output<typeof Deletion>

export const TemplateCategory = z.enum(['MARKETING', 'UTILITY', 'AUTHENTICATION'])
export type TemplateCategory = z.output<typeof TemplateCategory>

/**
 * Meta's statuses; only APPROVED can be sent. The order decides between two events of the same second, whichever
 * comes first: the later one in this list holds, because not sending is the safe mistake.
 */
export const STATUSES = [
  'PENDING',
  'IN_APPEAL',
  'APPROVED',
  'LIMIT_EXCEEDED',
  'PAUSED',
  'LOCKED',
  'ARCHIVED',
  'REJECTED',
  'DISABLED',
  'PENDING_DELETION',
  'DELETED',
] as const
export const TemplateStatus = z.enum(STATUSES)
export type TemplateStatus = z.output<typeof TemplateStatus>

/** In `core`, in its workspace's partition. */
export const Template = z.object({
  id: z.uuid(),
  workspace_id: WorkspaceId,
  /** A deleted one keeps its place, so that what is still under way for it finds its end; no list shows it. */
  type: z.enum(['template', 'deleted_template']),
  v: z.literal(1),
  phone_number_id: z.uuid(),
  waba_id: z.string(),
  name: z.string(),
  language: z.string(),
  /** Meta's, once it has spoken: it may approve under another category than was asked for. */
  category: TemplateCategory,
  status: TemplateStatus,
  /** When Meta said so; null until it first did. */
  status_at: z.string().nullable(),
  rejection_reason: z.string().nullable(),
  /** What Meta said about the status in words, and when it disables the template, or did. */
  status_details: z.string().optional(),
  disables_at: z.string().optional(),
  meta_template_id: z.string().nullable(),
  /** In Meta's form. */
  components: z.array(Component),
  /** As the client wrote them, and gets them back. */
  components_sent: z.unknown(),
  created_at: z.string(),
  updated_at: z.string(),
  /** Somebody here took it out of use: its status stays DISABLED, whatever Meta says, until somebody takes it back. */
  is_disabled_here: z.boolean().optional(),
  task: Task.optional(),
  /** What Meta has while an edit is under way: what the template says again if Meta refuses the edit. */
  before_edit: z
    .object({ components: z.array(Component), components_sent: z.unknown(), status: TemplateStatus })
    .optional(),
  /** When a request last changed it: a job that was queued later came before its write. */
  revised_at: z.string().optional(),
  /** The last event about it while a task is under way: who asked Meta before it came has to ask again. */
  heard_at: z.string().optional(),
  deletions: z.array(Deletion).optional(),
  /** Parts Meta has and Herald only hands through: CAROUSEL and the like. */
  special_parts: z.array(z.string()).optional(),
  /** Meta's word for how people receive it: GREEN, YELLOW, RED or UNKNOWN. */
  quality_score: z.string().optional(),
  /** When events last told the quality and the category. */
  quality_at: z.string().optional(),
  category_at: z.string().optional(),
  /** The request with an Idempotency-Key that created it. */
  made_by: z.string().optional(),
})
export type Template = z.output<typeof Template>

/** One template for an account, name and language in a workspace, by construction. */
export function templateId(workspaceId: WorkspaceId, wabaId: string, name: string, language: string): string {
  return derivedId('template', workspaceId, `${wabaId}\n${name}\n${language}`)
}

/** Events say more than the names of statuses. A flagged template is at risk, but Meta still sends it. */
const OTHER_WORDS: Record<string, TemplateStatus> = {
  REINSTATED: 'APPROVED',
  UNARCHIVED: 'APPROVED',
  UNPAUSE: 'APPROVED',
  FLAGGED: 'APPROVED',
}

/** The status that a word of Meta's stands for; undefined for a word we do not know. */
export function statusOf(word: string): TemplateStatus | undefined {
  const upper = word.toUpperCase()
  return Object.hasOwn(OTHER_WORDS, upper) ? OTHER_WORDS[upper] : TemplateStatus.safeParse(upper).data
}
