/** Templates as the API's users see them. */
import * as z from 'zod'
import { PageQuery, pageOf } from '../http/paging.ts'
import { inUpperCase as upperCase, wordFilter } from '../http/word-filter.ts'
import { PhoneNumberRef } from '../phone-numbers/api.ts'
import { LANGUAGES, normalLanguage } from './languages.ts'
import { TemplateCategory, TemplateStatus, type Template } from './schema.ts'

const inUpperCase = z.string().transform((text) => text.trim().toUpperCase())
const categoryWord = inUpperCase.pipe(TemplateCategory)
const statusWord = inUpperCase.pipe(TemplateStatus)

const language = z
  .string()
  .transform(normalLanguage)
  .refine((code) => LANGUAGES.has(code), {
    error: 'Meta has no templates in this language: give a code such as en, en_US, es or pt_BR',
  })

/** Meta's list, or an object of header, body, footer and buttons: see components.ts. */
const Components = z
  .union([z.record(z.string(), z.unknown()), z.array(z.unknown())], {
    error: 'Input should be a list of components, or an object with header, body, footer and buttons',
  })
  .meta({
    description:
      'Template components: an object of `header`, `body`, `footer` and `buttons`, the same inside of ' +
      '`{"components": […]}`, or the list that Meta itself takes. They are given back in the form they were sent in.',
    examples: [
      {
        header: { format: 'TEXT', text: 'Your order' },
        body: { text: 'Hello {{1}}, your order {{2}} is on its way.', example: { body_text: [['Ana', 'A-17']] } },
        footer: { text: 'Acme Ltd.' },
        buttons: [{ type: 'QUICK_REPLY', text: 'Thanks' }],
      },
    ],
  })

export const TemplatePath = z.object({ template_id: z.uuid() })

export const TemplateCreate = z
  .object({
    workspace_id: z.uuid(),
    phone_number_id: PhoneNumberRef,
    name: z
      .string()
      .min(1)
      .max(255)
      .regex(/^[a-z0-9_]+$/, {
        error: 'Use lower-case letters, digits and underscores only, as in order_confirmation',
      })
      .meta({ description: 'Template name (lowercase, no spaces)', example: 'order_confirmation' }),
    category: categoryWord.meta({
      description: 'Template category: MARKETING, UTILITY, or AUTHENTICATION',
      example: 'UTILITY',
    }),
    language: language.prefault('en').meta({ description: "Language code (e.g., 'en', 'es', 'fr')", example: 'en_US' }),
    components: Components,
  })
  .meta({ id: 'TemplateCreate', description: 'Schema for creating a new template' })

export const TemplateUpdate = z
  .object({
    components: Components.nullish(),
    status: statusWord.nullish().meta({
      description: '`PENDING` submits it again or takes it back into use, `DISABLED` takes it out of use here.',
      example: 'DISABLED',
    }),
  })
  .meta({ id: 'TemplateUpdate', description: 'Schema for updating template' })

export const TemplateListQuery = PageQuery.extend({
  workspace_id: z.uuid().meta({ description: 'Workspace ID to filter by' }),
  phone_number_id: PhoneNumberRef.optional().meta({ description: 'Filter by phone number' }),
  status: wordFilter(TemplateStatus, upperCase).meta({ description: 'Filter by status', example: 'APPROVED' }),
  category: wordFilter(TemplateCategory, upperCase).meta({ description: 'Filter by category', example: 'UTILITY' }),
})

export const TemplateResponse = z
  .object({
    id: z.uuid(),
    workspace_id: z.uuid(),
    phone_number_id: z.uuid(),
    name: z.string().meta({ example: 'order_confirmation' }),
    category: z.string().meta({
      description: "Meta's, once it has spoken: it may approve under another one than was asked for.",
      example: 'UTILITY',
    }),
    language: z.string(),
    status: z.string().meta({
      description: '`PENDING` until Meta has decided. Only `APPROVED` can be sent.',
      example: 'APPROVED',
    }),
    meta_template_id: z.string().nullable().meta({
      description: "Meta's id of the template; null until it was handed over.",
      example: '594425479261596',
    }),
    components: Components,
    rejection_reason: z.string().nullable().meta({
      description: "Meta's words: why it refused the template, or the last edit of an approved one.",
      example: null,
    }),
    created_at: z.string(),
    updated_at: z.string(),
    quality_score: z.string().nullable().meta({
      description: "Meta's word for how people receive it: GREEN, YELLOW, RED, UNKNOWN.",
      example: 'GREEN',
    }),
    status_details: z.string().nullable().describe('What Meta said about the status in words; additive'),
    disables_at: z.iso.datetime().nullable().describe('When Meta disables the template, or did; additive'),
    disabled_here: z.boolean().describe('True if it was taken out of use here, whatever Meta says of it.'),
  })
  .meta({ id: 'TemplateResponse', description: 'Schema for template response' })

export const TemplateListResponse = pageOf(TemplateResponse).meta({
  id: 'TemplateListResponse',
  description: 'Schema for paginated template list',
})

export const TemplateSync = z
  .object({
    workspace_id: z.uuid(),
    phone_number_id: PhoneNumberRef.nullish().meta({
      description: 'Take over what the account of this number has; absent: of every number of the workspace.',
    }),
  })
  .meta({ id: 'TemplateSync', description: 'Which templates to take over from Meta' })

export const TemplateSyncResponse = z
  .object({
    created: z.int(),
    updated: z.int(),
    unchanged: z.int(),
    removed: z.int().describe('Gone at Meta: their status is DELETED now.'),
    total: z.int().describe('How many Meta has.'),
  })
  .meta({ id: 'TemplateSyncResponse', description: 'What a sync changed here' })

/** Components go back in the form they came in. */
export function templateResponse(template: Template) {
  return {
    ...template,
    components: template.components_sent,
    quality_score: template.quality_score ?? null,
    status_details: template.status_details ?? null,
    disables_at: template.disables_at ?? null,
    disabled_here: template.is_disabled_here === true,
  }
}
