/** A message template as stored: what was asked for, what Meta made of it, and which of Meta's words may follow which. */
import { z } from 'zod'
import { WorkspaceId, derivedId } from '../ids.ts'
import { Component } from './components.ts'

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
  type: z.literal('template'),
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
  meta_template_id: z.string().nullable(),
  /** In Meta's form. */
  components: z.array(Component),
  /** As the client wrote them, and gets them back. */
  components_sent: z.unknown(),
  created_at: z.string(),
  updated_at: z.string(),
})
export type Template = z.output<typeof Template>

/** One template for an account, name and language in a workspace, by construction. */
export function templateId(workspaceId: WorkspaceId, wabaId: string, name: string, language: string): string {
  return derivedId('template', workspaceId, `${wabaId}\n${name}\n${language}`)
}
