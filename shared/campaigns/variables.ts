/** Where a campaign's template gets its values from, checked before it starts and frozen for each recipient. */
import type { AudienceContact } from '../contacts/audience.ts'
import { ValidationError, type Problem } from '../errors.ts'
import { templateParameters, valueKeys } from '../templates/parameters.ts'
import type { HeaderMedia } from '../templates/render.ts'
import type { Template } from '../templates/schema.ts'
import type { Variables } from './schema.ts'

/** The key of a media header's file: a public https link that Meta fetches. */
const MEDIA_KEY = 'header.media'

/** The keys a campaign's `variables` must have for this template, in the order its values are sent in. */
export function variableKeys(template: Pick<Template, 'components'>): string[] {
  return valueKeys(templateParameters(template.components)).map((key) => (key.includes('.') ? key : `body.${key}`))
}

/** Throws ValidationError naming every variable the template needs and lacks, and every one it does not know. */
export function checkVariables(template: Template, variables: Variables): void {
  const media = templateParameters(template.components).media
  const needed = [...variableKeys(template), ...(media === undefined ? [] : [MEDIA_KEY])]
  const lacking = needed.filter((key) => !(key in variables))
  const unknown = Object.keys(variables).filter((key) => !needed.includes(key))
  const problems = [
    ...lacking.map((key) =>
      problem(key, 'The template needs a value here: {"value": "…"} or {"field": "name", "fallback": "…"}'),
    ),
    ...unknown.map((key) => problem(key, `The template has no such variable; it has ${needed.join(', ') || 'none'}`)),
    ...mediaProblems(template, variables, media),
  ]
  if (problems.length > 0) throw new ValidationError(problems)
}

function mediaProblems(template: Template, variables: Variables, media: string | undefined): Problem[] {
  if (media === undefined || !(MEDIA_KEY in variables)) return []
  if (media === 'location')
    return [problem(MEDIA_KEY, 'A template with a place in its header cannot be sent by a campaign')]
  if (headerMedia(template, variables)) return []
  return [problem(MEDIA_KEY, 'Give the public link of the file: {"value": "https://…"}')]
}

function problem(key: string, msg: string): Problem {
  return { loc: ['body', 'variables', key], msg, type: 'value_error' }
}

/** The media object of the template's header, where it has one. */
export function headerMedia(template: Pick<Template, 'components'>, variables: Variables): HeaderMedia | undefined {
  const source = variables[MEDIA_KEY]
  if (templateParameters(template.components).media === undefined || !source) return undefined
  return 'value' in source && source.value.startsWith('https://') ? { link: source.value } : undefined
}

/** Which contacts lack a field, as SQL; fields that every contact has are not here. The same as `freezeParameters`. */
export const LACKING: Partial<Record<string, string>> = { name: 'IS_NULL(c.name)' }

export type Frozen = { kind: 'values'; values: string[] } | { kind: 'missing' }

/** A recipient's values, or `missing` if the contact lacks one that has no fallback. */
export function freezeParameters(keys: readonly string[], variables: Variables, contact: AudienceContact): Frozen {
  const values: string[] = []
  for (const key of keys) {
    const value = valueOf(variables, key, contact)
    if (value === undefined) return { kind: 'missing' }
    values.push(value)
  }
  return { kind: 'values', values }
}

function valueOf(variables: Variables, key: string, contact: AudienceContact): string | undefined {
  const source = variables[key]
  if (!source) return undefined
  if ('value' in source) return source.value
  const own = contact[source.field]?.trim() ?? ''
  return own === '' ? source.fallback : own
}
