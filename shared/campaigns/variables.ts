/** Where a campaign's template gets its texts from: checked before it starts, and frozen for each recipient. */
import type { AudienceContact } from '../contacts/audience.ts'
import { attributePath } from '../contacts/filter.ts'
import { attributeOf, foldAttribute } from '../contacts/attributes.ts'
import type { Deps } from '../deps.ts'
import { ValidationError, type Problem } from '../errors.ts'
import type { WorkspaceId } from '../ids.ts'
import { valueLimits, templateParameters, valueKeys } from '../templates/parameters.ts'
import type { Template } from '../templates/schema.ts'
import { singleOnlyParts } from '../templates/single-only.ts'
import { headerProblems, MEDIA_KEY } from './header.ts'
import type { ContactField, Variables, VariableSource } from './variable-sources.ts'

type TemplateContent = Pick<Template, 'components' | 'special_parts'>

/** The keys a campaign's `variables` must have for this template, in the order its values are sent in. */
export function variableKeys({ components }: Pick<Template, 'components'>): string[] {
  return valueKeys(templateParameters(components)).map((key) => (key.includes('.') ? key : `body.${key}`))
}

/**
 * Throws ValidationError naming every variable that the template needs and lacks, that it does not know, or that cannot
 * be sent; and the template if only single messages can fill it in.
 */
export async function checkVariables(
  deps: Pick<Deps, 'containers'>,
  workspaceId: WorkspaceId,
  template: TemplateContent,
  variables: Variables,
): Promise<void> {
  const problems = [
    ...templateProblems(template),
    ...keyProblems(template, variables),
    ...textProblems(template, variables),
    ...(await headerProblems(deps, workspaceId, template, variables)),
  ]
  if (problems.length > 0) throw new ValidationError(problems)
}

function templateProblems(template: TemplateContent): Problem[] {
  const parts = singleOnlyParts(template)
  if (parts.length === 0) return []
  const msg = `The template has ${parts.join(', ')}: only single messages can fill that in (POST /api/messages/send/template)`
  return [{ loc: ['body', 'template_id'], msg, type: 'value_error' }]
}

function keyProblems(template: TemplateContent, variables: Variables): Problem[] {
  const hasMedia = templateParameters(template.components).media !== undefined
  const needed = [...variableKeys(template), ...(hasMedia ? [MEDIA_KEY] : [])]
  const lacking = needed.filter((key) => !(key in variables))
  const unknown = Object.keys(variables).filter((key) => !needed.includes(key))
  return [
    ...lacking.map((key) => problem(key, key === MEDIA_KEY ? MEDIA_NEEDED : VALUE_NEEDED)),
    ...unknown.map((key) => problem(key, `The template has no such variable; it has ${needed.join(', ') || 'none'}`)),
  ]
}

const VALUE_NEEDED =
  'The template needs a value here: {"value": "…"}, {"field": "name", "fallback": "…"} or {"attribute": "…"}'
const MEDIA_NEEDED = 'The header of the template needs a file or a place here, alike for everybody'

function textProblems(template: TemplateContent, variables: Variables): Problem[] {
  const limits = valueLimits(template.components)
  return variableKeys(template).flatMap((key, index) => {
    const source = variables[key]
    if (!source) return []
    if (!isText(source)) return [problem(key, 'A file or a place can only stand in header.media')]
    const text = 'value' in source ? source.value : source.fallback
    const most = limits[index] ?? Infinity
    if (text === undefined || oneLine(text).length <= most) return []
    return [problem(key, `Meta takes at most ${most} characters here`)]
  })
}

function problem(key: string, msg: string): Problem {
  return { loc: ['body', 'variables', key], msg, type: 'value_error' }
}

type TextSource = Exclude<VariableSource, { media_id: string } | { latitude: number }>

function isText(source: VariableSource): source is TextSource {
  return 'value' in source || 'field' in source || 'attribute' in source
}

/** The attributes of a contact that `variables` ask for. */
export function attributesIn(variables: Variables): string[] {
  const names = Object.values(variables).flatMap((source) =>
    'attribute' in source ? foldAttribute(source.attribute) : [],
  )
  return [...new Set(names)].sort()
}

/**
 * The condition on contacts, as SQL, that planning skips for a missing value; undefined where it skips none. The same as
 * `freezeParameters`: texts are stored without space around them, and none is stored empty.
 */
export function lackingCondition(variables: Variables): string | undefined {
  const conditions = Object.values(variables).flatMap((source): string[] => {
    if (!isText(source) || 'value' in source || source.fallback !== undefined) return []
    return 'field' in source ? LACKING[source.field] : [`NOT IS_DEFINED(${attributePath(source.attribute)})`]
  })
  return conditions.length === 0 ? undefined : [...new Set(conditions)].join(' OR ')
}

/** Every contact has a number. */
const LACKING: Record<ContactField, string[]> = {
  name: ['IS_NULL(c.name)'],
  first_name: ['IS_NULL(c.name)'],
  phone_number: [],
  wa_id: [],
}

export type Frozen = { kind: 'values'; values: string[] } | { kind: 'missing'; key: string }

/** A recipient's values, or the first that is `missing`: the contact lacks it, and it has no fallback. */
export function freezeParameters(keys: readonly string[], variables: Variables, contact: AudienceContact): Frozen {
  const values: string[] = []
  for (const key of keys) {
    const value = valueOf(variables[key], contact)
    if (value === undefined) return { kind: 'missing', key }
    values.push(value)
  }
  return { kind: 'values', values }
}

/** Of whom nothing is known: fallbacks only. */
export function valueOfNobody(source: VariableSource | undefined): string | undefined {
  if (!source || !isText(source)) return undefined
  return 'value' in source ? oneLine(source.value) : source.fallback && oneLine(source.fallback)
}

function valueOf(source: VariableSource | undefined, contact: AudienceContact): string | undefined {
  if (!source || !isText(source)) return undefined
  if ('value' in source) return oneLine(source.value)
  const own = oneLine(
    ('field' in source ? fieldOf(contact, source.field) : attributeOf(contact.attributes, source.attribute)) ?? '',
  )
  return own === '' ? valueOfNobody(source) : own
}

function fieldOf(contact: AudienceContact, field: ContactField): string | null {
  if (field !== 'first_name') return contact[field]
  return contact.name?.trim().split(/\s+/)[0] ?? null
}

/** Meta refuses values with line breaks, tabs or more than four spaces in a row: single sends are told, campaigns mend. */
function oneLine(text: string): string {
  return text.replace(/[\n\r\t]+| {5,}/g, ' ').trim()
}
