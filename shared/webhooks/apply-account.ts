/** Applies what Meta reports about templates, numbers and their account; other account events are kept for inspection. */
import * as z from 'zod'
import type { Deps } from '../deps.ts'
import type { QueueMessage } from '../queue/messages.ts'
import { applyTemplateCategory, applyTemplateQuality, applyTemplateTexts } from '../templates/apply-changes.ts'
import { applyTemplateStatus } from '../templates/apply-status.ts'
import type { AppliedEvent, TemplateRef } from '../templates/apply-to-holders.ts'
import { TemplateCategory } from '../templates/schema.ts'
import { applyNumberChange } from './apply-number-events.ts'
import { applyPersonChange } from './apply-person-events.ts'
import { eventTime, MetaDate } from './event-time.ts'
import { loadChanges } from './load.ts'
import { park } from './park.ts'
import type { Change } from './split.ts'

const Named = z.object({
  message_template_id: z.union([z.string(), z.number()]).transform(String),
  message_template_name: z.string(),
  message_template_language: z.string(),
})

const text = z.string().min(1).optional().catch(undefined)

const TemplateStatus = Named.extend({
  event: z.string(),
  message_template_category: TemplateCategory.optional().catch(undefined),
  reason: z.string().nullish(),
  disable_info: z.object({ disable_date: MetaDate }).optional().catch(undefined),
  other_info: z.object({ description: text }).optional().catch(undefined),
  rejection_info: z.object({ reason: text, recommendation: text }).optional().catch(undefined),
})

const TemplateQuality = Named.extend({ new_quality_score: z.string() })

/** `new_category` is what it has now, also in the notice that says it will get another (`correct_category`) in a day. */
const CategoryUpdate = Named.extend({ new_category: TemplateCategory })

const ComponentsUpdate = Named.extend({
  message_template_title: z.string().optional(),
  message_template_element: z.string().optional(),
  message_template_footer: z.string().optional(),
})

type AccountDeps = Pick<
  Deps,
  'blobs' | 'config' | 'containers' | 'gates' | 'graph' | 'log' | 'now' | 'numberOwners' | 'queues'
>

/** One change that cannot be applied never holds up the others; what failed is tried again with the whole message. */
export async function applyAccountEvents(deps: AccountDeps, message: QueueMessage<'webhook-account'>): Promise<void> {
  const unusable: Change[] = []
  const failures: unknown[] = []
  for (const change of await loadChanges(deps, message)) {
    try {
      unusable.push(...(await applyChange(deps, change, message.received_at)))
    } catch (error) {
      failures.push(error)
    }
  }
  if (unusable.length > 0) await park(deps, 'account', JSON.stringify(unusable))
  if (failures.length > 0) throw new Error(`${failures.length} account event(s) failed`, { cause: failures[0] })
}

/** What of it could not be used. */
async function applyChange(deps: AccountDeps, change: Change, receivedAt: string): Promise<Change[]> {
  if (ABOUT_PEOPLE.has(change.field)) return applyPersonChange(deps, change, receivedAt)
  const isApplied =
    (await applyTemplateChange(deps, change, receivedAt)) || (await applyNumberChange(deps, change, receivedAt))
  return isApplied ? [] : [change]
}

const ABOUT_PEOPLE: ReadonlySet<string> = new Set(['user_preferences', 'user_id_update'])

async function applyTemplateChange(deps: AccountDeps, change: Change, receivedAt: string): Promise<boolean> {
  const { field, entry_id: wabaId, value } = change
  if (wabaId === null || !field.includes('template')) return false
  const named = Named.safeParse(value)
  if (!named.success) return false
  const ref: TemplateRef = {
    wabaId,
    name: named.data.message_template_name,
    language: named.data.message_template_language,
    metaTemplateId: named.data.message_template_id,
    at: eventTime(change, receivedAt),
  }
  return (await applied(deps, ref, field, value)) !== 'unknown'
}

/** Undefined content leads to `unknown`, as an unknown field does. */
async function applied(deps: AccountDeps, ref: TemplateRef, field: string, value: unknown): Promise<AppliedEvent> {
  // Meta's own sample of this one has the name of another field: its content tells.
  const quality = TemplateQuality.safeParse(value)
  if (quality.success) return applyTemplateQuality(deps, ref, quality.data.new_quality_score)
  const status = TemplateStatus.safeParse(value)
  if (field === 'message_template_status_update' && status.success) {
    const { event, reason = null, message_template_category: category, disable_info } = status.data
    const said = { event, reason, category, details: detailsIn(status.data), disablesAt: disable_info?.disable_date }
    return applyTemplateStatus(deps, { ...ref, ...said })
  }
  const category = CategoryUpdate.safeParse(value)
  if (field === 'template_category_update' && category.success) {
    return applyTemplateCategory(deps, ref, category.data.new_category)
  }
  const texts = ComponentsUpdate.safeParse(value)
  if (field !== 'message_template_components_update' || !texts.success) return 'unknown'
  return applyTemplateTexts(deps, ref, {
    header: texts.data.message_template_title,
    body: texts.data.message_template_element,
    footer: texts.data.message_template_footer,
  })
}

/** What a person can do something with. */
function detailsIn({ other_info, rejection_info }: z.output<typeof TemplateStatus>): string | undefined {
  const words = [rejection_info?.reason, rejection_info?.recommendation, other_info?.description]
  const said = words.filter((text) => text !== undefined).join(' ')
  return said === '' ? undefined : said
}
