/** Applies what Meta reports about templates; other account events are kept for inspection. */
import { z } from 'zod'
import type { Deps } from '../deps.ts'
import type { QueueMessage } from '../queue/messages.ts'
import { applyTemplateStatus } from '../templates/apply-status.ts'
import { loadChanges } from './load.ts'
import { park } from './park.ts'
import type { Change } from './split.ts'

const TemplateStatus = z.object({
  event: z.string(),
  message_template_id: z.union([z.string(), z.number()]).transform(String),
  message_template_name: z.string(),
  message_template_language: z.string(),
  reason: z.string().nullish(),
})

type AccountDeps = Pick<Deps, 'containers' | 'blobs' | 'log' | 'now'>

/** One change that cannot be applied never holds up the others. */
export async function applyAccountEvents(deps: AccountDeps, message: QueueMessage<'webhook-account'>): Promise<void> {
  const unusable: Change[] = []
  for (const change of await loadChanges(deps, message)) {
    if (!(await applyTemplateChange(deps, change, message.received_at))) unusable.push(change)
  }
  if (unusable.length > 0) await park(deps, 'account', JSON.stringify(unusable))
}

async function applyTemplateChange(deps: AccountDeps, change: Change, receivedAt: string): Promise<boolean> {
  if (change.field !== 'message_template_status_update' || change.entry_id === null) return false
  const parsed = TemplateStatus.safeParse(change.value)
  if (!parsed.success) return false
  const at = change.entry_time === null ? receivedAt : new Date(change.entry_time * 1000).toISOString()
  const result = await applyTemplateStatus(deps, {
    wabaId: change.entry_id,
    name: parsed.data.message_template_name,
    language: parsed.data.message_template_language,
    event: parsed.data.event,
    reason: parsed.data.reason ?? null,
    metaTemplateId: parsed.data.message_template_id,
    at,
  })
  return result !== 'unknown'
}
