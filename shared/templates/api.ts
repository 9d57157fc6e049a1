/** Templates as the API's users see them. */
import { z } from 'zod'
import { PageQuery, pageOf } from '../http/paging.ts'
import { PhoneNumberRef } from '../phone-numbers/api.ts'
import { LANGUAGES, normalLanguage } from './languages.ts'
import { TemplateCategory, TemplateStatus, type Template } from './schema.ts'

const inUpperCase = z.string().transform((text) => text.trim().toUpperCase())

const language = z
  .string()
  .transform(normalLanguage)
  .refine((code) => LANGUAGES.has(code), {
    error: 'Meta has no templates in this language: give a code such as en, en_US, es or pt_BR',
  })

export const TemplateCreate = z.object({
  workspace_id: z.uuid(),
  phone_number_id: PhoneNumberRef,
  name: z
    .string()
    .min(1)
    .max(255)
    .regex(/^[a-z0-9_]+$/, { error: 'Use lower-case letters, digits and underscores only, as in order_confirmation' }),
  category: inUpperCase.pipe(TemplateCategory),
  language: language.default('en'),
  /** Meta's list, or an object of header, body, footer and buttons: see components.ts. */
  components: z.union([z.array(z.unknown()), z.record(z.string(), z.unknown())], {
    error: 'Input should be a list of components, or an object with header, body, footer and buttons',
  }),
})

export const TemplateListQuery = PageQuery.extend({
  workspace_id: z.uuid(),
  phone_number_id: PhoneNumberRef.optional(),
  status: inUpperCase.pipe(TemplateStatus).optional(),
  category: inUpperCase.pipe(TemplateCategory).optional(),
})

export const TemplateResponse = z.object({
  id: z.uuid(),
  workspace_id: z.uuid(),
  phone_number_id: z.uuid(),
  name: z.string(),
  category: z.string(),
  language: z.string(),
  status: z.string(),
  meta_template_id: z.string().nullable(),
  components: z.union([z.array(z.unknown()), z.record(z.string(), z.unknown())]),
  rejection_reason: z.string().nullable(),
  created_at: z.string(),
  updated_at: z.string(),
})

export const TemplateListResponse = pageOf(TemplateResponse)

/** Components go back in the form they came in. */
export function templateResponse(template: Template) {
  return { ...template, components: template.components_sent }
}
