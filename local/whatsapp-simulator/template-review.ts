/** The reviewer: decides by simple rules on the name and the text, later, and reports by webhook. */
import { componentOf, buttonsOf } from './template-types.ts'
import type { Template } from './template-types.ts'
import type { Json } from './json.ts'
import { textOf } from './json.ts'
import type { World } from './world.ts'

const reasons = [
  'ABUSIVE_CONTENT',
  'INCORRECT_CATEGORY',
  'INVALID_FORMAT',
  'PROMOTIONAL',
  'SCAM',
  'TAG_CONTENT_MISMATCH',
]

/** Starts a review, or goes on with one that a restart interrupted. */
export function scheduleReview(world: World, template: Template): void {
  const { outbox, templates } = world
  outbox.at(template.reviewAt ?? world.now(), () => {
    const current = templates.find(template.id)
    if (current?.reviewAt != null && current.reviewAt === template.reviewAt) review(world, current)
  })
}

/** Sends a webhook about the template; `details` overlays the usual value. */
export function announceStatus(world: World, template: Template, event: string, details: Json = {}): void {
  announce(world, template, 'message_template_status_update', {
    event,
    ...identity(template),
    reason: 'NONE',
    message_template_category: template.category,
    ...details,
  })
}

export function announce(world: World, template: Template, field: string, value: Json): void {
  world.outbox.addValue({ due: world.now(), wabaId: template.wabaId, phoneNumberId: null, field, value })
}

/** The id is written as a JSON number on the wire. */
export function identity({ id, name, language }: Template): Json {
  return { message_template_id: id, message_template_name: name, message_template_language: language }
}

function review(world: World, template: Template): void {
  const { behaviour } = world
  template.reviewAt = null
  const reason = rejectionOf(template, behaviour.reject_name)
  if (reason !== undefined) {
    reject(world, template, reason)
    return
  }
  const isCorrected = template.category === 'UTILITY' && isNamed(template, behaviour.recategorise_name)
  if (isCorrected) {
    template.previousCategory = template.category
    template.category = 'MARKETING'
  }
  template.status = 'APPROVED'
  template.rejectedReason = 'NONE'
  const wasEdited = template.editedAt.length > 0
  template.wasApproved = true
  world.templates.put(template)
  announceStatus(world, template, 'APPROVED')
  if (isCorrected) {
    announce(world, template, 'template_category_update', {
      ...identity(template),
      previous_category: template.previousCategory,
      new_category: template.category,
    })
  }
  if (wasEdited) announce(world, template, 'message_template_components_update', componentsValue(template))
}

/** Rejects, with the advice that comes only with INVALID_FORMAT. */
export function reject(world: World, template: Template, reason: string): void {
  template.status = 'REJECTED'
  template.rejectedReason = reason
  world.templates.put(template)
  const advice = {
    rejection_info: {
      reason:
        'Your template has parameters placed next to each other (like {{1}}{{2}}) without text or punctuation between them.',
      recommendation: 'Separate parameters with descriptive text and ensure each parameter is clearly contextualized.',
    },
  }
  announceStatus(world, template, 'REJECTED', { reason, ...(reason === 'INVALID_FORMAT' && advice) })
}

/** `reject_scam` is rejected as SCAM; `reject` alone, and variables side by side, as INVALID_FORMAT. */
function rejectionOf(template: Template, word: string): string | undefined {
  const text = textOf(componentOf(template, 'BODY')?.['text']) ?? ''
  if (/\}\}\s*\{\{/.test(text)) return 'INVALID_FORMAT'
  if (!isNamed(template, word)) return undefined
  return reasons.find((reason) => template.name.includes(reason.toLowerCase())) ?? 'INVALID_FORMAT'
}

function isNamed({ name }: Template, word: string): boolean {
  return word !== '' && name.includes(word)
}

function componentsValue(template: Template): Json {
  const header = textOf(componentOf(template, 'HEADER')?.['text'])
  const footer = textOf(componentOf(template, 'FOOTER')?.['text'])
  const buttons = buttonsOf(template).map((button) => ({
    message_template_button_type: button['type'],
    message_template_button_text: button['text'],
    ...(button['url'] !== undefined && { message_template_button_url: button['url'] }),
    ...(button['phone_number'] !== undefined && { message_template_button_phone_number: button['phone_number'] }),
  }))
  return {
    ...identity(template),
    ...(header !== undefined && { message_template_title: header }),
    message_template_element: componentOf(template, 'BODY')?.['text'],
    ...(footer !== undefined && { message_template_footer: footer }),
    ...(buttons.length > 0 && { message_template_buttons: buttons }),
  }
}
