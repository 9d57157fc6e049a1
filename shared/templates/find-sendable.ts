/**
 * The template that a name and a language mean for a send: that language, else the only one of the same base language
 * (`en` finds `en_US`). One point read where the language is exact, one small query more where it is not.
 */
import type { Deps } from '../deps.ts'
import { AppError, fieldProblem } from '../errors.ts'
import type { WorkspaceId } from '../ids.ts'
import { wabaIdOf } from '../phone-numbers/find.ts'
import type { PhoneNumber } from '../phone-numbers/schema.ts'
import { normalLanguage } from './languages.ts'
import { templateId, type Template } from './schema.ts'
import { templateStore } from './store.ts'

export interface WantedTemplate {
  name: string
  language: string
}

/** Throws a 422 that lists what exists, or `template_not_approved`. */
export async function findSendableTemplate(
  { containers }: Pick<Deps, 'containers'>,
  workspaceId: WorkspaceId,
  phoneNumber: Pick<PhoneNumber, 'waba_id'>,
  { name, language }: WantedTemplate,
): Promise<Template> {
  const wabaId = wabaIdOf(phoneNumber)
  const templates = templateStore(containers)
  const wanted = normalLanguage(language)
  const exact = await templates.find(workspaceId, templateId(workspaceId, wabaId, name, wanted))
  if (exact && exact.value.status !== 'DELETED') return approved(exact.value)
  const all = await templates.named(workspaceId, wabaId, name)
  return approved(closest(all, { name, language: wanted }))
}

function closest(all: Template[], { name, language }: WantedTemplate): Template {
  const known = all.filter(({ status }) => status !== 'DELETED')
  if (known.length === 0) {
    throw fieldProblem(['body', 'template_name'], `There is no template ${name} for the account of this number`)
  }
  const alike = known.filter((template) => baseOf(template.language) === baseOf(language))
  const [only] = alike
  if (alike.length === 1 && only) return only
  const list = known.map((template) => template.language).sort()
  throw fieldProblem(['body', 'template_language'], `${name} exists in ${list.join(', ')}: give one of these`)
}

function approved(template: Template): Template {
  if (template.status === 'APPROVED' && template.is_disabled_here !== true) return template
  const { name, language, status } = template
  throw new AppError(
    'template_not_approved',
    `The template ${name} (${language}) is ${status}; only an APPROVED one can be sent`,
    { details: { template_id: template.id } },
  )
}

function baseOf(language: string): string {
  return language.split('_')[0] ?? language
}
