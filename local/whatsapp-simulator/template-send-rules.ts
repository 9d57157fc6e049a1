/** A template message against the stored template: it exists, may be sent, and every parameter is there. */
import { GraphError } from './errors.ts'
import { isObject, objectsOf, textOf } from './json.ts'
import type { Json } from './json.ts'
import { badValue, missing } from './message-rules.ts'
import { buttonsOf, componentOf, variablesOf } from './template-types.ts'
import type { Template } from './template-types.ts'
import type { World } from './world.ts'

const mediaFormats = ['IMAGE', 'VIDEO', 'DOCUMENT', 'LOCATION', 'GIF']

/** The template that this message names, after all checks. */
export function checkedTemplate(world: World, wabaId: string, content: Json): Template {
  const name = textOf(content['name'])
  const language = isObject(content['language']) ? textOf(content['language']['code']) : undefined
  if (name === undefined) throw missing('Parameter template.name is required')
  if (language === undefined) throw missing('Parameter template.language.code is required')
  const template = world.templates.named(wabaId, name, language)
  if (template?.status === 'PAUSED') throw new GraphError(132015)
  if (template?.status === 'DISABLED') throw new GraphError(132016)
  if (template?.status !== 'APPROVED') {
    throw new GraphError(132001, { details: `template name (${name}) does not exist in ${language}` })
  }
  const components = objectsOf(content['components'])
  checkHeader(template, parametersOf(components, 'header'))
  checkTexts(template, 'body', parametersOf(components, 'body'))
  checkButtons(template, components)
  return template
}

function parametersOf(components: Json[], type: string): Json[] {
  const component = components.find((candidate) => String(candidate['type']).toLowerCase() === type)
  return objectsOf(component?.['parameters'])
}

function checkHeader(template: Template, parameters: Json[]): void {
  const format = upper(componentOf(template, 'HEADER')?.['format'])
  if (!mediaFormats.includes(format)) {
    checkTexts(template, 'header', parameters)
    return
  }
  const [parameter = {}] = parameters
  const given = upper(parameter['type'])
  if (parameters.length !== 1 || given !== format) {
    throw new GraphError(132012, { details: `header: Format mismatch, expected ${format}, received ${given}` })
  }
  const kind = format.toLowerCase()
  if (!hasSource(kind, parameter[kind])) throw missing(`header: ${kind} needs an id or a link`)
}

function upper(value: unknown): string {
  return textOf(value)?.toUpperCase() ?? 'UNKNOWN'
}

function hasSource(kind: string, media: unknown): boolean {
  if (!isObject(media)) return false
  return kind === 'location' ? 'latitude' in media && 'longitude' in media : 'id' in media || 'link' in media
}

function checkTexts(template: Template, part: 'header' | 'body', parameters: Json[]): void {
  const text = componentOf(template, part.toUpperCase())?.['text']
  const variables = variablesOf(text)
  if (parameters.length !== variables.length) {
    throw new GraphError(132000, {
      details: `${part}: number of localizable_params (${parameters.length}) does not match the expected number of params (${variables.length})`,
    })
  }
  const values = parameters.map((parameter) => checkedText(part, parameter))
  if (template.parameterFormat === 'NAMED') {
    for (const variable of variables) {
      if (parameters.some((parameter) => parameter['parameter_name'] === variable)) continue
      throw new GraphError(132018, { details: `${part}: Parameter name ${variable} is missing` })
    }
  }
  const fixed = (textOf(text) ?? '').replace(/\{\{.*?\}\}/g, '')
  if (part === 'body' && fixed.length + values.join('').length > 1024) throw new GraphError(132005)
}

/** The text that is put in place of the variable. */
function checkedText(part: string, parameter: Json): string {
  const type = textOf(parameter['type']) ?? ''
  if (type === 'currency' || type === 'date_time') {
    const value = parameter[type]
    const fallback = isObject(value) ? textOf(value['fallback_value']) : undefined
    if (fallback === undefined) throw missing(`${part}: ${type} needs a fallback_value`)
    return fallback
  }
  if (type !== 'text') throw new GraphError(132012, { details: `${part}: parameter type ${type} does not match TEXT` })
  const text = textOf(parameter['text'])
  if (text === undefined) throw missing(`${part}: Parameter of type text is missing text value`)
  if (/[\n\t]| {5,}/.test(text)) {
    throw new GraphError(132018, {
      details: `${part}: Param text cannot have new-line/tab characters or more than 4 consecutive spaces`,
    })
  }
  return text
}

/** Every button that has something to fill in needs its own component with that index. */
function checkButtons(template: Template, components: Json[]): void {
  const buttons = buttonsOf(template)
  const given = components.filter((component) => String(component['type']).toLowerCase() === 'button')
  for (const component of given) {
    if (!buttons[Number(component['index'])])
      throw badValue(`buttons: there is no button at index ${String(component['index'])}`)
  }
  buttons.forEach((button, index) => {
    const parameters = objectsOf(given.find((component) => Number(component['index']) === index)?.['parameters'])
    const kind = textOf(button['type'])?.toUpperCase()
    if (kind === 'URL') checkUrlButton(button, index, parameters)
    if (kind === 'COPY_CODE' && textOf(parameters[0]?.['coupon_code']) === undefined) {
      throw missing(`buttons: Button at index ${index} of type CopyCode requires a parameter`)
    }
  })
}

function checkUrlButton(button: Json, index: number, parameters: Json[]): void {
  const isDynamic = variablesOf(button['url']).length > 0
  if (isDynamic && textOf(parameters[0]?.['text']) === undefined) {
    throw missing(`buttons: Button at index ${index} of type Url requires a parameter`)
  }
  if (!isDynamic && parameters.length > 0) {
    throw new GraphError(132000, { details: `buttons: Button at index ${index} of type Url does not take a parameter` })
  }
}
