/** What a template at Meta means for the one here of the same account, name and language. */
import { isDeepStrictEqual } from 'node:util'
import type { Stored } from '../azure/cosmos.ts'
import type { PhoneNumber } from '../phone-numbers/schema.ts'
import { contentOf } from './content.ts'
import { asMetaHas, reasonOf } from './as-meta-has.ts'
import type { MetaTemplate } from './find-at-meta.ts'
import { templateId, type Template } from './schema.ts'

export interface SyncChange {
  kind: 'created' | 'updated' | 'removed'
  next: Template
  /** What it is written over. */
  stored?: Stored<Template> | undefined
}

interface Context {
  number: Pick<PhoneNumber, 'id' | 'workspace_id'>
  wabaId: string
  askedAt: Date
}

/** Undefined if there is nothing to change. */
export function changeFor(
  context: Context,
  stored: Stored<Template> | undefined,
  found: MetaTemplate,
): SyncChange | undefined {
  if (!stored) return { kind: 'created', next: anew(context, found) }
  const template = stored.value
  if (template.type === 'deleted_template') {
    // Meta may keep what was deleted here for a while; another one of that name is news.
    return isTheSame(template, found) ? undefined : { kind: 'created', next: anew(context, found), stored }
  }
  if (isUnderWay(template)) return undefined
  const next = { ...asMetaHas(template, found, context.askedAt), ...takenOver(template, found) }
  return isSame(template, next) ? undefined : { kind: 'updated', next, stored }
}

/** Undefined for what Meta never had, or is about to have. */
export function goneAtMeta(stored: Stored<Template>, askedAt: Date): SyncChange | undefined {
  const template = stored.value
  const isHere = template.type === 'template' && template.meta_template_id !== null && template.status !== 'DELETED'
  if (!isHere || isUnderWay(template)) return undefined
  // Out of use here: what Meta has is asked when somebody takes it back.
  if (template.is_disabled_here === true) return undefined
  // Meta's list may have been read before it was made.
  if (Date.parse(template.updated_at) > askedAt.getTime() - JUST_NOW_MS && template.status_at === null) return undefined
  return { kind: 'removed', next: asMetaHas(template, undefined, askedAt), stored }
}

const JUST_NOW_MS = 60_000

function isUnderWay({ task, status, meta_template_id }: Template): boolean {
  return task !== undefined || (status === 'PENDING' && meta_template_id === null)
}

/** A deletion that does not know Meta's id means whatever is there. */
function isTheSame({ meta_template_id, deletions = [] }: Template, { id, status }: MetaTemplate): boolean {
  if (status === 'PENDING_DELETION' || status === 'DELETED') return true
  const ours = [meta_template_id, ...deletions.map((deletion) => deletion.meta_template_id)]
  return ours.includes(id) || deletions.some((deletion) => deletion.meta_template_id === null)
}

/** What Meta refused here is another template there: that one is sent under the name. */
function takenOver({ meta_template_id }: Template, { components }: MetaTemplate): Partial<Template> {
  return meta_template_id === null ? contentOf(components) : {}
}

/** Nothing but the time of asking differs. */
function isSame(a: Template, b: Template): boolean {
  const bare = (template: Template): unknown => JSON.parse(JSON.stringify({ ...template, status_at: null }))
  return isDeepStrictEqual(bare(a), bare(b))
}

function anew({ number, wabaId, askedAt }: Context, found: MetaTemplate): Template {
  const { name, language, status } = found
  const at = askedAt.toISOString()
  return {
    id: templateId(number.workspace_id, wabaId, name, language),
    workspace_id: number.workspace_id,
    type: 'template',
    v: 1,
    phone_number_id: number.id,
    waba_id: wabaId,
    name,
    language,
    category: found.category ?? 'MARKETING',
    status,
    status_at: null,
    rejection_reason: status === 'APPROVED' ? null : reasonOf(found.rejected_reason),
    meta_template_id: found.id,
    ...contentOf(found.components),
    quality_score: found.quality_score?.score,
    created_at: at,
    updated_at: at,
  }
}
