/**
 * Makes a template and hands it to Meta. Its submission is queued before the write, because nobody redelivers a
 * request; it does nothing unless the write lands.
 */
import type { Deps } from '../deps.ts'
import { AppError, isConflict } from '../errors.ts'
import { isOwn, madeBy } from '../idempotency/once.ts'
import type { WorkspaceId } from '../ids.ts'
import { resolvePhoneNumber, wabaIdOf } from '../phone-numbers/find.ts'
import { checkedComponents } from './check.ts'
import { AFTER_THE_WRITE_SECONDS } from './revise.ts'
import { templateId, type Template, type TemplateCategory } from './schema.ts'
import { templateStore } from './store.ts'

export interface NewTemplate {
  /** Our id of the number, or Meta's. */
  phoneNumberRef: string
  name: string
  category: TemplateCategory
  language: string
  components: unknown
}

export async function createTemplate(
  { containers, queues, now, once }: Pick<Deps, 'containers' | 'queues' | 'now' | 'once'>,
  workspaceId: WorkspaceId,
  { phoneNumberRef, name, category, language, components: sent }: NewTemplate,
): Promise<Template> {
  const components = checkedComponents(category, sent)
  const phoneNumber = await resolvePhoneNumber({ containers }, workspaceId, phoneNumberRef)
  const waba_id = wabaIdOf(phoneNumber)
  const id = templateId(workspaceId, waba_id, name, language)
  const templates = templateStore(containers)
  const former = await templates.findAny(workspaceId, id)
  if (former && isOwn(once, former.value)) return former.value
  if (former && !isFree(former.value)) throw exists(id)
  const at = now().toISOString()
  const template: Template = {
    id,
    workspace_id: workspaceId,
    type: 'template',
    v: 1,
    phone_number_id: phoneNumber.id,
    waba_id,
    name,
    language,
    category,
    status: 'PENDING',
    status_at: null,
    rejection_reason: null,
    meta_template_id: null,
    components,
    components_sent: sent,
    created_at: at,
    updated_at: at,
    revised_at: at,
    // The former one of this name may still be at Meta: it goes before this one comes.
    deletions: former?.value.deletions,
    ...madeBy(once),
  }
  const submission = { workspace_id: workspaceId, template_id: id, queued_at: at }
  await queues.send('template-submissions', submission, { delaySeconds: AFTER_THE_WRITE_SECONDS })
  try {
    await (former ? templates.replace(former, template) : templates.create(template))
  } catch (error) {
    if (isConflict(error)) throw exists(id)
    throw error
  }
  return template
}

/** Deleted here, or by somebody at Meta. */
function isFree({ type, status, is_disabled_here, task }: Template): boolean {
  if (type === 'deleted_template') return true
  return status === 'DELETED' && is_disabled_here !== true && task === undefined
}

function exists(id: string): AppError {
  return new AppError('template_exists', 'There is a template with this name and language for this account', {
    details: { template_id: id },
  })
}
