/** Applies what Meta reports about templates; other account events are kept for inspection. */
import { z } from 'zod'
import type { Deps } from '../deps.ts'
import type { QueueMessage } from '../queue/messages.ts'
import { applyTemplateStatus } from '../templates/apply-status.ts'
import { TemplateCategory } from '../templates/schema.ts'
import { loadChanges } from './load.ts'
import { park } from './park.ts'
import type { Change } from './split.ts'

const TemplateStatus = z.object({
  event: z.string(),
  message_template_id: z.union([z.string(), z.number()]).transform(String),
  message_template_name: z.string(),
  message_template_language: z.string(),
  message_template_category: TemplateCategory.optional().catch(undefined),
  reason: z.string().nullish(),
})

type AccountDeps = Pick<Deps, 'containers' | 'blobs' | 'log' | 'now'>

/** One change that cannot be applied never holds up the others; what failed is tried again with the whole message. */
export async function applyAccountEvents(deps: AccountDeps, message: QueueMessage<'webhook-account'>): Promise<void> {
  const unusable: Change[] = []
  const failures: unknown[] = []
  for (const change of await loadChanges(deps, message)) {
    try {
      if (!(await applyTemplateChange(deps, change, message.received_at))) unusable.push(change)
    } catch (error) {
      failures.push(error)
    }
  }
  if (unusable.length > 0) await park(deps, 'account', JSON.stringify(unusable))
  if (failures.length > 0) throw new Error(`${failures.length} account event(s) failed`, { cause: failures[0] })
}

async function applyTemplateChange(deps: AccountDeps, change: Change, receivedAt: string): Promise<boolean> {
  if (change.field !== 'message_template_status_update' || change.entry_id === null) return false
  const parsed = TemplateStatus.safeParse(change.value)
  if (!parsed.success) return false
  const result = await applyTemplateStatus(deps, {
    wabaId: change.entry_id,
    name: parsed.data.message_template_name,
    language: parsed.data.message_template_language,
    event: parsed.data.event,
    reason: parsed.data.reason ?? null,
    metaTemplateId: parsed.data.message_template_id,
    at: timeOf(change, receivedAt),
    category: parsed.data.message_template_category,
  })
  return result !== 'unknown'
}

/** Meta's time, unless it is none or lies ahead: later events would all seem older than such a one. */
function timeOf({ entry_time }: Change, receivedAt: string): string {
  const received = Date.parse(receivedAt)
  const said = entry_time === null ? received : entry_time * 1000
  return new Date(said > 0 && said <= received + CLOCK_SKEW_MS ? said : received).toISOString()
}

const CLOCK_SKEW_MS = 60_000
