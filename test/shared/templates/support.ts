/** Templates to test with: only what matters is said. */
import type { NewTemplate } from '../../../shared/templates/create.ts'
import type { Template } from '../../../shared/templates/schema.ts'
import { aWorkspaceId } from '../../support/builders.ts'
import { newId, newUuid } from '../../../shared/ids.ts'

let count = 0

/** A name that no other test uses. */
export function aName(prefix = 'order'): string {
  return `${prefix}_${++count}_${newUuid().slice(0, 8)}`
}

export const A_BODY = {
  type: 'BODY' as const,
  text: 'Hello {{1}}, your order {{2}} is on its way.',
  example: { body_text: [['Ana', 'A-17']] },
}

export function aNewTemplate(phoneNumberRef: string, changes: Partial<NewTemplate> = {}): NewTemplate {
  return { phoneNumberRef, name: aName(), category: 'UTILITY', language: 'en', components: [A_BODY], ...changes }
}

export function aTemplate(changes: Partial<Template> = {}): Template {
  const workspaceId = aWorkspaceId()
  return {
    id: newId('template', workspaceId),
    workspace_id: workspaceId,
    type: 'template',
    v: 1,
    phone_number_id: newId('phoneNumber', workspaceId),
    waba_id: '102290000000001',
    name: aName(),
    language: 'en',
    category: 'UTILITY',
    status: 'PENDING',
    status_at: null,
    rejection_reason: null,
    meta_template_id: null,
    components: [A_BODY],
    components_sent: [A_BODY],
    created_at: '2026-05-01T12:00:00.000Z',
    updated_at: '2026-05-01T12:00:00.000Z',
    ...changes,
  }
}
